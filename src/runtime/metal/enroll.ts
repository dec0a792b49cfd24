import {
  MARK_ADDRESS,
  credentialNames,
  differences,
  driverInfo,
  hardwareType,
  interfaceMembers,
  metalError,
} from '../../metal/index.ts'
import type { InventoryNode, MetalNode, NodeChange } from '../../metal/index.ts'
import type { MetalWorld } from '../../ports/index.ts'
import { refuseMaintenance } from './bring-to.ts'

/** What a BMC takes for a login, resolved from where the inventory says it is. */
export type BmcLogin = Readonly<{ username?: string; password?: string }>

export type Enrolled = Readonly<{
  node: MetalNode
  outcome: 'created' | 'changed' | 'unchanged'
  /** What was changed or added, for people: `driver_info/ipmi_port`, `port 52:54:…`. */
  changes: readonly string[]
}>

/**
 * Makes a node as the inventory says, or makes an enrolled one so. Interrupted anywhere, a second run finishes. What the
 * inventory does not name is left alone. Throws METAL_NODE_MISMATCH, METAL_NODE_MAINTENANCE.
 */
export async function enrollNode(
  world: MetalWorld,
  wanted: InventoryNode,
  login: BmcLogin,
): Promise<Enrolled> {
  const found = await world.metal.node(wanted.name)
  const { node, changes } =
    found === undefined ? await create(world, wanted, login) : await change(world, found, wanted, login)
  const ports = await addPorts(world, node, wanted)
  const all = [...changes, ...ports]
  const outcome = found === undefined ? 'created' : all.length > 0 ? 'changed' : 'unchanged'
  return { node, outcome, changes: all }
}

/** What `enrollNode` would change, without changing it. */
export async function enrolmentPlan(
  world: MetalWorld,
  wanted: InventoryNode,
): Promise<Readonly<{ outcome: Enrolled['outcome']; changes: readonly string[] }>> {
  const found = await world.metal.node(wanted.name)
  if (found === undefined) return { outcome: 'created', changes: wanted.ports.map((one) => `port ${one}`) }
  refuseMismatch(found, wanted)
  const missing = await missingPorts(world, found, wanted)
  const changes = [
    ...differences(found, wanted).map((one) => one.path.slice(1)),
    ...missing.map((one) => `port ${one}`),
    ...missingTraits(found, wanted).map((one) => `trait ${one}`),
  ]
  return { outcome: changes.length > 0 ? 'changed' : 'unchanged', changes }
}

type Made = Readonly<{ node: MetalNode; changes: readonly string[] }>

async function create(world: MetalWorld, wanted: InventoryNode, login: BmcLogin): Promise<Made> {
  const node = await world.metal.createNode({
    name: wanted.name,
    driver: hardwareType(wanted.driver),
    driverInfo: { ...driverInfo(wanted), ...loginMembers(wanted, login) },
    properties: wanted.properties,
    extra: wanted.address === undefined ? {} : { [MARK_ADDRESS]: wanted.address },
    interfaces: interfaceMembers(wanted),
    secrets: secretsOf(login),
    ...(wanted.resourceClass === undefined ? {} : { resourceClass: wanted.resourceClass }),
  })
  if (wanted.traits.length > 0) await world.metal.setTraits(node.uuid, wanted.traits)
  return { node, changes: [] }
}

async function change(
  world: MetalWorld,
  found: MetalNode,
  wanted: InventoryNode,
  login: BmcLogin,
): Promise<Made> {
  refuseMismatch(found, wanted)
  const differing = differences(found, wanted)
  const traits = missingTraits(found, wanted)
  if (differing.length + traits.length > 0) refuseMaintenance(found, `change node "${wanted.name}"`)
  // Ironic shows asterisks for a password, so whether it is still the right one cannot be seen: it is sent again.
  const secret = Object.entries(loginMembers(wanted, login)).map(([name, value]): NodeChange => ({
    op: 'add',
    path: `/driver_info/${name}`,
    value,
  }))
  const all = [...differing, ...secret]
  const node = all.length === 0 ? found : await world.metal.changeNode(found.uuid, all, secretsOf(login))
  if (traits.length > 0) await world.metal.setTraits(found.uuid, [...found.traits, ...traits])
  return {
    node,
    changes: [...differing.map((one) => one.path.slice(1)), ...traits.map((one) => `trait ${one}`)],
  }
}

function refuseMismatch(found: MetalNode, wanted: InventoryNode): void {
  const driver = hardwareType(wanted.driver)
  if (found.driver === driver) return
  throw metalError('METAL_NODE_MISMATCH', {
    node: wanted.name,
    what: 'driver',
    found: found.driver,
    wanted: driver,
    remedy:
      'if it is the same machine, set the driver with `openstack baremetal node set`; else give it another name',
  })
}

async function addPorts(
  world: MetalWorld,
  node: MetalNode,
  wanted: InventoryNode,
): Promise<readonly string[]> {
  const missing = await missingPorts(world, node, wanted)
  for (const address of missing) await world.metal.createPort(node.uuid, { address, pxeEnabled: true })
  return missing.map((address) => `port ${address}`)
}

async function missingPorts(
  world: MetalWorld,
  node: MetalNode,
  wanted: InventoryNode,
): Promise<readonly string[]> {
  if (wanted.ports.length === 0) return []
  const there = new Set((await world.metal.ports(node.uuid)).map((one) => one.address.toLowerCase()))
  return wanted.ports.filter((one) => !there.has(one))
}

function missingTraits(found: MetalNode, wanted: InventoryNode): readonly string[] {
  return wanted.traits.filter((one) => !found.traits.includes(one))
}

function loginMembers(wanted: InventoryNode, login: BmcLogin): Readonly<Record<string, string>> {
  const names = credentialNames(wanted.driver)
  if (names === undefined) return {}
  return {
    ...(login.username === undefined ? {} : { [names.username]: login.username }),
    ...(login.password === undefined ? {} : { [names.password]: login.password }),
  }
}

function secretsOf(login: BmcLogin): readonly string[] {
  return login.password === undefined ? [] : [login.password]
}
