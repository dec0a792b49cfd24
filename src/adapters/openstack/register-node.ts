import {
  MARK_ADDRESS,
  driverInfo,
  hardwareType,
  interfaceMembers,
  loginMembers,
  planRegistration,
  withLogin,
} from '../../metal/index.ts'
import type { BmcLogin, InventoryNode, MetalNode, Registered, RegistrationPlan } from '../../metal/index.ts'
import type { BareMetal } from './bare-metal.ts'

export async function registerNode(
  metal: BareMetal,
  wanted: InventoryNode,
  login: BmcLogin,
): Promise<Registered> {
  const found = await metal.node(wanted.name)
  if (found === undefined) return create(metal, wanted, login)
  const plan = await planFor(metal, found, wanted)
  const secrets = secretsOf(login)
  const members = withLogin(plan.members, wanted, login)
  const node = members.length === 0 ? found : await metal.changeNode(found.uuid, members, secrets)
  if (plan.traits.length > 0) await metal.setTraits(found.uuid, [...found.traits, ...plan.traits])
  await addPorts(metal, node, plan.ports)
  return { node, outcome: outcomeOf(plan), changes: plan.changes }
}

export async function previewNode(
  metal: BareMetal,
  wanted: InventoryNode,
): Promise<Pick<Registered, 'outcome' | 'changes'>> {
  const found = await metal.node(wanted.name)
  if (found === undefined) return { outcome: 'created', changes: portChanges(wanted) }
  const plan = await planFor(metal, found, wanted)
  return { outcome: outcomeOf(plan), changes: plan.changes }
}

async function create(metal: BareMetal, wanted: InventoryNode, login: BmcLogin): Promise<Registered> {
  const node = await metal.createNode({
    name: wanted.name,
    driver: hardwareType(wanted.driver),
    driverInfo: { ...driverInfo(wanted), ...loginMembers(wanted, login) },
    properties: wanted.properties,
    extra: wanted.address === undefined ? {} : { [MARK_ADDRESS]: wanted.address },
    interfaces: interfaceMembers(wanted),
    secrets: secretsOf(login),
    ...(wanted.resourceClass === undefined ? {} : { resourceClass: wanted.resourceClass }),
  })
  if (wanted.traits.length > 0) await metal.setTraits(node.uuid, wanted.traits)
  await addPorts(metal, node, wanted.ports)
  return { node, outcome: 'created', changes: portChanges(wanted) }
}

async function planFor(metal: BareMetal, found: MetalNode, wanted: InventoryNode): Promise<RegistrationPlan> {
  const ports = wanted.ports.length === 0 ? [] : await metal.ports(found.uuid)
  return planRegistration(
    found,
    ports.map(({ address }) => address),
    wanted,
  )
}

async function addPorts(metal: BareMetal, { uuid }: MetalNode, addresses: readonly string[]): Promise<void> {
  for (const address of addresses) await metal.createPort(uuid, { address, pxeEnabled: true })
}

function outcomeOf({ changes }: RegistrationPlan): 'changed' | 'unchanged' {
  return changes.length > 0 ? 'changed' : 'unchanged'
}

function portChanges({ ports }: InventoryNode): readonly string[] {
  return ports.map((one) => `port ${one}`)
}

function secretsOf(login: BmcLogin): readonly string[] {
  return login.password === undefined ? [] : [login.password]
}
