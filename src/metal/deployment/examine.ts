import type { AnnealError } from '../../core/index.ts'
import { raise } from '../errors.ts'
import type { MetalNode } from '../node.ts'
import { inMaintenance } from '../maintenance.ts'
import { provisionState } from '../provision-states.ts'
import { BASE_WRITTEN, MARK } from './instance-info.ts'
import type { DeployPlan } from './plan.ts'

/** Where a run enters a deployment that the node may be somewhere on the way to. */
export type DeployEntry = 'preparing' | 'deploying' | 'switching' | 'booting' | 'proving'

/** How a node meets a deployment: where to enter, or why not. */
export type Examination = Readonly<{ ok: true; enter: DeployEntry } | { ok: false; error: AnnealError }>

/** Judges the node by what it is at this moment. What is on it already decides where the deployment goes on. */
export function examineNode(node: MetalNode, plan: DeployPlan): Examination {
  const name = plan.node.name
  const action = `deploy on node "${name}"`
  const no = (error: AnnealError): Examination => ({ ok: false, error })
  if (node.maintenance) return no(inMaintenance(node, action))
  const state = node.provisionState
  const isOurs = node.instanceInfo[MARK] === plan.id
  const other =
    typeof node.instanceInfo[MARK] === 'string'
      ? 'another deployment of Anneal'
      : node.instanceUuid === undefined
        ? 'something else'
        : `instance ${node.instanceUuid} of Nova`
  if (state === 'active') {
    return isOurs ? { ok: true, enter: entryOfActive(node, plan) } : no(occupied(name, other, state))
  }
  const boots = isOurs && isBaseWritten(node)
  if (state === 'deploying' || state === 'wait call-back') {
    if (!isOurs) return no(occupied(name, other, state))
    return { ok: true, enter: boots ? 'booting' : 'deploying' }
  }
  if (node.instanceUuid !== undefined) return no(occupied(name, other, state))
  // The base is on the disk: only its boot has failed.
  if (state === 'deploy failed' && boots) return { ok: true, enter: 'booting' }
  // After a failed deployment Ironic takes a new one at once.
  if (state === 'available' || state === 'deploy failed') return { ok: true, enter: 'preparing' }
  return no(raise('METAL_NODE_STATE', { action, node: name, state, remedy: remedyFor(name, state) }))
}

function entryOfActive(node: MetalNode, plan: DeployPlan): DeployEntry {
  if (plan.boots === undefined) return 'proving'
  if (!isBaseWritten(node)) return 'switching'
  return isRebuilt(node) ? 'proving' : 'booting'
}

function isBaseWritten(node: MetalNode): boolean {
  return BASE_WRITTEN in node.instanceInfo
}

/** Whether the node went through another deployment since its base was on the disk. */
export function isRebuilt(node: MetalNode): boolean {
  return isBaseWritten(node) && node.instanceInfo[BASE_WRITTEN] !== node.provisionUpdatedAt
}

function occupied(node: string, by: string, state: string): AnnealError {
  const remedy =
    state === 'active'
      ? `take it away first: \`anneal metal undeploy ${node}\``
      : `wait for it (\`anneal metal watch ${node}\`), or end it: \`anneal metal undeploy ${node}\``
  return raise('METAL_NODE_OCCUPIED', { node, by, remedy })
}

function remedyFor(node: string, state: string): string {
  const { kind, towards } = provisionState(state)
  if (kind === 'passing') return `wait until Ironic is done with it: \`anneal metal watch ${node}\``
  if (towards.undeployed === 'deleted') return `clear it first: \`anneal metal undeploy ${node}\``
  return `make it available first: \`anneal metal provide ${node}\``
}
