import { raise } from '../errors.ts'
import { refuseMaintenance } from '../maintenance.ts'
import type { MetalNode, NodeChange } from '../node.ts'
import { differences } from './differences.ts'
import { credentialNames, hardwareType } from './inventory.ts'
import type { InventoryNode } from './inventory.ts'

/** What a BMC takes for a login, resolved from where the inventory says it is. */
export type BmcLogin = Readonly<{ username?: string; password?: string }>

export type Registered = Readonly<{
  node: MetalNode
  outcome: 'created' | 'changed' | 'unchanged'
  /** What was changed or added, for people: `driver_info/ipmi_port`, `port 52:54:…`. */
  changes: readonly string[]
}>

/** What a known machine lacks of what the inventory says. What the inventory does not name is left alone. */
export type RegistrationPlan = Readonly<{
  members: readonly NodeChange[]
  traits: readonly string[]
  /** MAC addresses. */
  ports: readonly string[]
  /** All of it, for people. */
  changes: readonly string[]
}>

/** Throws METAL_NODE_MISMATCH; METAL_NODE_MAINTENANCE where something would change on the node itself. */
export function planRegistration(
  found: MetalNode,
  addresses: readonly string[],
  wanted: InventoryNode,
): RegistrationPlan {
  refuseMismatch(found, wanted)
  const members = differences(found, wanted)
  const traits = wanted.traits.filter((one) => !found.traits.includes(one))
  const there = new Set(addresses.map((one) => one.toLowerCase()))
  const ports = wanted.ports.filter((one) => !there.has(one))
  if (members.length + traits.length > 0) refuseMaintenance(found, `change node "${wanted.name}"`)
  const changes = [
    ...members.map((one) => one.path.slice(1)),
    ...traits.map((one) => `trait ${one}`),
    ...ports.map((one) => `port ${one}`),
  ]
  return { members, traits, ports, changes }
}

/** Nobody shows a password, so whether it is still the right one cannot be seen: it is sent again with each change. */
export function withLogin(
  members: readonly NodeChange[],
  wanted: InventoryNode,
  login: BmcLogin,
): readonly NodeChange[] {
  const secret = Object.entries(loginMembers(wanted, login)).map(([name, value]): NodeChange => ({
    op: 'add',
    path: `/driver_info/${name}`,
    value,
  }))
  return [...members, ...secret]
}

/** Members of driver_info. */
export function loginMembers(wanted: InventoryNode, login: BmcLogin): Readonly<Record<string, string>> {
  const names = credentialNames(wanted.driver)
  if (names === undefined) return {}
  return {
    ...(login.username === undefined ? {} : { [names.username]: login.username }),
    ...(login.password === undefined ? {} : { [names.password]: login.password }),
  }
}

function refuseMismatch(found: MetalNode, wanted: InventoryNode): void {
  const driver = hardwareType(wanted.driver)
  if (found.driver === driver) return
  throw raise('METAL_NODE_MISMATCH', {
    node: wanted.name,
    what: 'driver',
    found: found.driver,
    wanted: driver,
    remedy:
      'if it is the same machine, set the driver with `openstack baremetal node set`; else give it another name',
  })
}
