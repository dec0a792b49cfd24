import type {
  ConfigDrive,
  DeployEvent,
  DeployPlan,
  Examination,
  MetalNode,
  Ready,
  Timeline,
} from '../../metal/index.ts'
import type { MetalWorld } from '../../ports/index.ts'
import type { AnswerWatch } from './answer-watch.ts'
import { readNode } from './bring-to.ts'
import type { DeploymentNotes } from './deployment-notes.ts'

export type DeployContext = Readonly<{
  world: MetalWorld
  plan: DeployPlan
  configDrive?: ConfigDrive
  ready: Ready
  watch: AnswerWatch
  notes: DeploymentNotes
  timeline: Timeline
  see: (node: MetalNode) => void
  pollMs: number
  timeoutMs: number
  /** How long the deploy ramdisk may be silent. */
  callbackTimeoutMs: number
  readyTimeoutMs: number
  signal: AbortSignal
}>

export type Outcome = Exclude<DeployEvent, { type: 'effectFailed' | 'cancelled' }>
export type Executor = (context: DeployContext) => Promise<Outcome>

export const DONE: Outcome = { type: 'effectDone' }

/** The node as it is at this moment. */
export function current({ world, plan }: DeployContext): Promise<MetalNode> {
  return readNode(world, plan.node.uuid, `deploy on node "${plan.node.name}"`)
}

/** Goes on where the examination says, which looks at the console from then on, or ends with what it found. */
export async function enter(context: DeployContext, found: Examination): Promise<Outcome> {
  if (!found.ok) throw found.error
  await context.watch.begin(found.enter === 'preparing' ? 'afresh' : 'joining')
  return { type: 'nodeExamined', enter: found.enter }
}
