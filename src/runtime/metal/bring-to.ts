import {
  goalState,
  MARK,
  metalError,
  provisionState,
  refuseMaintenance,
  Timeline,
  verbsTo,
} from '../../metal/index.ts'
import type { Goal, MetalNode, Stretch } from '../../metal/index.ts'
import type { MetalWorld } from '../../ports/index.ts'
import { PatientReader } from './patient.ts'

export type BringOptions = Readonly<{
  /** Completes `Cannot …`. */
  action: string
  pollMs: number
  timeoutMs: number
  signal: AbortSignal
  /** Before the node is undeployed: what no disk that is wiped may hold, beside what was said before. */
  keeps?: readonly string[]
  onStretch?: (stretch: Omit<Stretch, 'seconds'>) => void
}>

export type Brought = Readonly<{ node: MetalNode; timeline: readonly Stretch[]; verbs: readonly string[] }>

/**
 * Brings a node to a state, one verb after the other, and waits for each. Does nothing where it is there already; joins
 * in where it is on its way. Throws METAL_NODE_STATE where no safe verb leads on, METAL_VERB_FAILED where Ironic gives
 * up on one that was asked for here.
 */
export async function bringTo(
  world: MetalWorld,
  uuid: string,
  goal: Goal,
  options: BringOptions,
): Promise<Brought> {
  const { clock, provisioner } = world
  const timeline = new Timeline()
  const verbs: string[] = []
  const startedMs = clock.monotonic()
  const reader = new PatientReader(() => readNode(world, uuid, options.action), clock)
  for (;;) {
    const node = await reader.look()
    if (node !== undefined) {
      const seen = timeline.see(node, clock.monotonic(), clock.now())
      if (seen !== undefined) options.onStretch?.(seen)
      const server = goal === 'undeployed' ? node.instanceUuid : undefined
      const next = server === undefined ? judge(node, goal, verbs, options.action) : 'wait'
      if (next === 'done') {
        if (goal === 'undeployed') await clearLeftovers(world, node, options.action)
        return { node, timeline: timeline.close(clock.monotonic()), verbs }
      }
      if (server !== undefined && !verbs.includes(SERVER_REMOVED)) {
        refuseMaintenance(node, options.action)
        await removeServerOf(world, node, server)
        verbs.push(SERVER_REMOVED)
      }
      if (next !== 'wait') {
        refuseMaintenance(node, options.action)
        if (next === 'deleted') await provisioner.release(node, options.keeps)
        else await provisioner[next](node)
        verbs.push(next)
        continue
      }
    }
    const seconds = Math.round((clock.monotonic() - startedMs) / 1000)
    if (options.signal.aborted || seconds * 1000 > options.timeoutMs) {
      const state = node?.provisionState ?? 'unknown'
      throw metalError('DEPLOY_TIMEOUT', { node: node?.name ?? uuid, state, seconds })
    }
    await clock.sleep(options.pollMs, options.signal)
  }
}

/** What `bringTo` would do with a node now. */
export type BringPreview = Readonly<{
  node: MetalNode
  /** What Ironic or Nova would be asked, in order, if each step succeeds. Empty where the node is there already. */
  steps: readonly string[]
}>

/** Reads only. Throws METAL_NODE_STATE, METAL_NODE_MAINTENANCE, METAL_NODE_UNKNOWN. */
export async function previewBring(
  world: MetalWorld,
  nameOrUuid: string,
  goal: Goal,
  action: string,
): Promise<BringPreview> {
  const node = await readNode(world, nameOrUuid, action)
  const server = goal === 'undeployed' ? node.instanceUuid : undefined
  const next = server === undefined ? judge(node, goal, [], action) : 'wait'
  const leftovers = goal === 'undeployed' && node.instanceInfo[MARK] !== undefined
  const steps = [
    ...(server === undefined ? [] : [SERVER_REMOVED]),
    ...(next === 'wait' && server === undefined ? [`wait for "${node.provisionState}"`] : []),
    ...(next === 'done' || server !== undefined ? [] : verbsTo(goal, node.provisionState)),
    ...(next === 'done' && leftovers ? ['remove what a deployment wrote on the node'] : []),
  ]
  if (steps.length > 0) refuseMaintenance(node, action)
  return { node, steps }
}

/** Stands among the verbs: Nova was asked to end the server that the node is. */
const SERVER_REMOVED = 'server removed'

/** A deployment that was killed before it asked Ironic has left on the node what it wrote: nobody else takes it away. */
async function clearLeftovers(world: MetalWorld, node: MetalNode, action: string): Promise<void> {
  if (node.instanceInfo[MARK] === undefined) return
  refuseMaintenance(node, action)
  await world.provisioner.withdraw(node)
}

/** Throws METAL_NODE_UNKNOWN. */
export async function readNode(world: MetalWorld, nameOrUuid: string, action: string): Promise<MetalNode> {
  const node = await world.provisioner.machine(nameOrUuid)
  if (node !== undefined) return node
  const names = (await world.provisioner.machines()).map((one) => one.name ?? one.uuid)
  const known = names.length === 0 ? 'no machine at all' : names.slice(0, 20).join(', ')
  const { who, isLimited } = await world.provisioner.viewer()
  const hidden = isLimited
    ? '; or log in to the project that owns or leases it, or with --os-system-scope all, which shows every machine'
    : ''
  throw metalError('METAL_NODE_UNKNOWN', { action, node: nameOrUuid, login: who, known, hidden })
}

function judge(
  node: MetalNode,
  goal: Goal,
  verbs: readonly string[],
  action: string,
): 'done' | 'wait' | 'manage' | 'provide' | 'deleted' | 'abort' {
  const state = node.provisionState
  const { kind, towards } = provisionState(state)
  const name = node.name ?? node.uuid
  // The power state is known only a moment after a node became available.
  if (state === goalState(goal)) return 'done'
  if (goal === 'undeployed' && verbs.length === 0 && NEVER_DEPLOYED.includes(state)) return 'done'
  if (kind === 'failed' && verbs.length > 0) {
    throw metalError('METAL_VERB_FAILED', {
      action,
      node: name,
      state,
      reason: node.lastError ?? 'it gives no reason',
    })
  }
  const verb = towards[goal]
  // `deleted` is asked for once: while it is under way Ironic may still show the state before.
  if (kind === 'passing') return verb === undefined || verbs.includes(verb) ? 'wait' : verb
  if (verb !== undefined && !verbs.includes(verb)) return verb
  // `manage` brings a node from enroll to manageable over `verifying`, and back where that fails.
  if (verb !== undefined && node.targetProvisionState !== undefined) return 'wait'
  if (verb !== undefined) {
    const reason = node.lastError ?? 'it gives no reason'
    throw metalError('METAL_VERB_FAILED', { action, node: name, state, reason })
  }
  throw metalError('METAL_NODE_STATE', { action, node: name, state, remedy: remedyFor(state, name) })
}

/** Nothing is deployed here, and no disk waits for its cleaning: there is nothing to take away. */
const NEVER_DEPLOYED = ['enroll', 'manageable', 'inspect failed', 'adopt failed']

function remedyFor(state: string, node: string): string {
  if (state === 'active' || state === 'deploy failed') {
    return `what is deployed on it would be lost; if that is meant: \`anneal metal undeploy ${node}\``
  }
  return `see \`anneal metal status ${node}\``
}

/**
 * Asks Nova for the end of the server that a node is; Ironic alone would leave Nova with a server that is not there. Only
 * a server that Anneal deployed is touched. Throws METAL_SERVER_UNDEPLOYABLE.
 */
async function removeServerOf(world: MetalWorld, node: MetalNode, id: string): Promise<void> {
  const name = node.name ?? node.uuid
  const cannot = (why: string, remedy: string): Error =>
    metalError('METAL_SERVER_UNDEPLOYABLE', { node: name, server: id, why, remedy })
  const server = await world.compute.server(id)
  if (server === undefined) {
    throw cannot(
      'Nova does not know it, or does not show it to this user',
      `use the cloud and the user that it belongs to; if nobody has it any more: \`openstack baremetal node unset ${name} --instance-uuid\``,
    )
  }
  if (server.metadata[MARK] === undefined) {
    throw cannot(
      `server "${server.name}" was not made by Anneal`,
      `if it may go: \`openstack server delete ${id}\``,
    )
  }
  await world.compute.removeServer(id)
}
