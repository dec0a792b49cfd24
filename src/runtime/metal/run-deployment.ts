import { isAnnealError } from '../../core/index.ts'
import { DEPLOY_BEGIN, Timeline, decideDeploy, effectOf, isAtRest } from '../../metal/index.ts'
import type {
  ConfigDrive,
  DeployEffect,
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
import type { DeployContext } from './deploy-executors.ts'
import { isNote } from './deployment-report.ts'
import type { DeploymentNote, DeploymentReport } from './deployment-report.ts'

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
  const note = await world.records.read(plan.node.uuid, plan.id)
  const watch = new AnswerWatch(world, options.ready, isNote(note) ? note.consolePosition : undefined)
  const timeline = new Timeline()
  const context: DeployContext = {
    ...options,
    world,
    plan,
    watch,
    timeline,
    see: (node) => {
      const seen = timeline.see(node, clock.monotonic(), clock.now())
      if (seen !== undefined) options.onStretch?.(seen)
    },
  }
  let run: DeployRun = DEPLOY_BEGIN
  let cancelled = false
  let enteredIn: 'preparing' | 'deploying' | 'proving' = 'preparing'
  try {
    for (let effect = effectOf(run); effect !== undefined; effect = effectOf(run)) {
      options.onEffect?.(effect)
      if (effect === 'askForActive' && enteredIn === 'preparing') {
        await keepNote(world, plan, watch, startedAt)
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

async function outcomeOf(effect: DeployEffect, context: DeployContext): Promise<DeployEvent> {
  try {
    return await DEPLOY_EXECUTORS[effect](context)
  } catch (error) {
    if (!isAnnealError(error)) throw error
    const reason = { code: error.code, message: error.message, remedy: error.remedy }
    return { type: 'effectFailed', reason }
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

/** Written before Ironic is asked: another run of the same deployment knows from it which boot the console tells of. */
async function keepNote(
  world: MetalWorld,
  plan: DeployPlan,
  watch: AnswerWatch,
  startedAt: string,
): Promise<void> {
  const note: DeploymentNote = {
    schema: 'anneal.deployment-note/1',
    deployment: plan.id,
    startedAt,
    ...(watch.consolePosition === undefined ? {} : { consolePosition: watch.consolePosition }),
  }
  await world.records.save(plan.node.uuid, plan.id, note)
}
