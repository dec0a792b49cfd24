import { EXIT, isAnnealError } from '../../core/index.ts'
import { Timeline, beginDeploy, decideDeploy, effectOf, isAtRest, viaOf } from '../../metal/index.ts'
import type {
  ConfigDrive,
  DeployEffect,
  DeployEntry,
  DeployEvent,
  DeployPlan,
  DeployRun,
  Ready,
  RestState,
  Stretch,
} from '../../metal/index.ts'
import type { MetalWorld } from '../../ports/index.ts'
import { AnswerWatch } from './answer-watch.ts'
import { DEPLOY_EXECUTORS } from './deploy-executors.ts'
import type { DeployContext } from './deploy-context.ts'
import { DeploymentNotes } from './deployment-notes.ts'
import type { DeploymentReport } from './deployment-report.ts'
import { PATIENCE_MS } from './patient.ts'

export type DeploymentOptions = Readonly<{
  configDrive?: ConfigDrive
  ready: Ready
  /** Longest time until Ironic says active. */
  timeoutMs: number
  /** How long the deploy ramdisk may give no sign of life. */
  callbackTimeoutMs: number
  /** Longest time from then until the machine answers. */
  readyTimeoutMs: number
  pollMs: number
  signal: AbortSignal
  onEffect?: (effect: DeployEffect) => void
  onStretch?: (stretch: Omit<Stretch, 'seconds'>) => void
}>

/**
 * Carries out a plan, or goes on with it where an earlier run was interrupted: the node says where that is. Always ends
 * with a report that is also kept; only what keeps it from being written is thrown.
 */
export async function runDeployment(
  world: MetalWorld,
  plan: DeployPlan,
  options: DeploymentOptions,
): Promise<DeploymentReport> {
  const { clock } = world
  const startedMs = clock.monotonic()
  const startedAt = new Date(clock.now()).toISOString()
  const notes = await DeploymentNotes.open(world, plan)
  const watch = new AnswerWatch(world, options.ready, notes.consolePosition)
  const timeline = new Timeline()
  const context: DeployContext = {
    ...options,
    world,
    plan,
    watch,
    notes,
    timeline,
    see: (node) => {
      const seen = timeline.see(node, clock.monotonic(), clock.now())
      if (seen !== undefined) options.onStretch?.(seen)
    },
  }
  let run: DeployRun = beginDeploy(viaOf(plan))
  let cancelled = false
  let enteredIn: DeployEntry = 'preparing'
  try {
    for (let effect = effectOf(run); effect !== undefined; effect = effectOf(run)) {
      options.onEffect?.(effect)
      if (ASKING.has(effect) && enteredIn === 'preparing') {
        await notes.begin(startedAt, watch.consolePosition)
      }
      const event = await outcomeOf(effect, context)
      if (event.type === 'nodeExamined') enteredIn = event.enter
      const isCancelled: boolean = options.signal.aborted && !cancelled && event.type !== 'effectFailed'
      cancelled ||= isCancelled
      run = next(run, isCancelled ? { type: 'cancelled' } : event)
    }
  } finally {
    await watch.close()
  }
  const report: DeploymentReport = {
    schema: 'anneal.deployment/1',
    deployment: plan.id,
    node: plan.node,
    image: plan.image,
    route: plan.route,
    why: plan.why,
    kernelArguments: plan.arguments,
    ...(plan.server === undefined ? {} : { server: plan.server }),
    ...(plan.configDrive === undefined ? {} : { configDrive: plan.configDrive }),
    outcome: restState(run),
    ...(run.reason === undefined ? {} : { reason: run.reason }),
    ...(enteredIn === 'preparing' ? {} : { resumedIn: enteredIn }),
    startedAt,
    endedAt: new Date(clock.now()).toISOString(),
    seconds: Math.round((clock.monotonic() - startedMs) / 10) / 100,
    timeline: timeline.close(clock.monotonic()),
    pollSeconds: options.pollMs / 1000,
    ...(watch.answer === undefined ? {} : { answer: watch.answer }),
  }
  await world.records.save(plan.node.uuid, `${startedAt}-${plan.id}`, report)
  return report
}

/** From then on another runs by itself, and a later run has to know where the console was. */
const ASKING: ReadonlySet<DeployEffect> = new Set(['askForActive', 'createServer'])

/** Effects that change something; those that wait look through a service's absence by themselves. */
const CHANGING: ReadonlySet<DeployEffect> = new Set([
  'writeInstance',
  'validate',
  'clearInstance',
  'askForActive',
  'writeBoot',
  'askForRebuild',
  'askForPower',
  'keepKey',
  'createServer',
  'startServer',
])
const AGAIN_MS = 2000
/** How often a request is sent that meets a fault of the service itself: once more may help, for ever never does. */
const FAULTS = 3

/** Does an effect. Where the service is away it is done again until that is over: each looks before it changes anything. */
async function outcomeOf(effect: DeployEffect, context: DeployContext): Promise<DeployEvent> {
  const { clock } = context.world
  const startedMs = clock.monotonic()
  for (let faults = 0; ;) {
    try {
      return await DEPLOY_EXECUTORS[effect](context)
    } catch (error) {
      if (!isAnnealError(error)) throw error
      if (error.code === 'OPENSTACK_FAULT') faults += 1
      const isFault = error.code === 'OPENSTACK_FAULT' && faults < FAULTS
      const isAway = ((error.retry && error.exit === EXIT.unavailable) || isFault) && CHANGING.has(effect)
      if (!isAway || context.signal.aborted || clock.monotonic() - startedMs > PATIENCE_MS) {
        const reason = { code: error.code, message: error.message, remedy: error.remedy }
        return { type: 'effectFailed', reason }
      }
      await clock.sleep(AGAIN_MS, context.signal)
    }
  }
}

function next(run: DeployRun, event: DeployEvent): DeployRun {
  const decision = decideDeploy(run, event)
  if (!decision.legal) throw new TypeError(`a deployment cannot go on: ${decision.why}`)
  return decision.next
}

function restState(run: DeployRun): RestState {
  if (!isAtRest(run.state)) throw new TypeError(`a deployment has stopped in "${run.state}"`)
  return run.state
}
