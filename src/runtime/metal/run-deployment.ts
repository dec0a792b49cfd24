import { EXIT, isAnnealError } from '../../core/index.ts'
import {
  DEPLOYMENT,
  DEPLOY_STATES,
  TRIED_AGAIN,
  Timeline,
  WAITING,
  beginDeploy,
  isAtRest,
  metalError,
  viaOf,
} from '../../metal/index.ts'
import type {
  ConfigDrive,
  DeployEffect,
  DeployEntry,
  DeployEvent,
  DeployFinding,
  DeployPlan,
  DeployRun,
  DeployTask,
  Ready,
  RestState,
  Stretch,
} from '../../metal/index.ts'
import type { MetalWorld } from '../../ports/index.ts'
import { begin, deadlineMs } from '../../saga/index.ts'
import { NO_JOURNAL, drive, failedBy } from '../saga/index.ts'
import { AnswerWatch } from './answer-watch.ts'
import { DEPLOY_EXECUTORS } from './deploy-executors.ts'
import type { DeployContext } from './deploy-context.ts'
import { DeploymentNotes } from './deployment-notes.ts'
import type { DeploymentReport } from './deployment-report.ts'

export type DeploymentOptions = Readonly<{
  configDrive?: ConfigDrive
  ready: Ready
  /** Longest time until Ironic says active; by default what the states allow, as for the two below. */
  timeoutMs?: number
  /** How long the deploy ramdisk may give no sign of life. */
  callbackTimeoutMs?: number
  /** Longest time from then until the machine answers. */
  readyTimeoutMs?: number
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
  const { deploying, proving } = DEPLOY_STATES
  const context: DeployContext = {
    timeoutMs: deploying.deadlineMs,
    callbackTimeoutMs: deploying.silenceMs,
    readyTimeoutMs: proving.deadlinesMs.awaitAnswer,
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
  let enteredIn: DeployEntry = 'preparing'
  let run: DeployRun
  try {
    run = await drive<DeployRun, DeployTask, DeployFinding>(
      {
        machine: DEPLOYMENT,
        // The node in Ironic holds it all: the next run looks at it, and goes on.
        journal: NO_JOURNAL,
        clock,
        signal: options.signal,
        execute: async ({ kind }, _, told) => {
          const event = await outcomeOf(kind, context)
          // What was cut short does not lead on.
          const isCutShort = told === 'nothing' && options.signal.aborted && event.type !== 'effectFailed'
          return isCutShort ? { type: 'cancelled' } : event
        },
        tookTooLong: ({ kind }, ms) =>
          metalError('DEPLOY_STEP_TIMEOUT', {
            effect: kind,
            node: plan.node.name,
            seconds: Math.round(ms / 1000),
          }),
        deadlineMs: ({ kind }, at) =>
          WAITING.has(kind) ? 'own' : deadlineMs(DEPLOYMENT, at, { kind, args: {} }),
        onEffect: async ({ kind }, _, how) => {
          if (how === 'again') return
          options.onEffect?.(kind)
          if (ASKING.has(kind) && enteredIn === 'preparing') {
            await notes.begin(startedAt, watch.consolePosition)
          }
        },
        onOutcome: ({ event }) => {
          if (event.type === 'nodeExamined') enteredIn = event.enter
        },
        beforeRetry: () => clock.sleep(AGAIN_MS, options.signal),
        illegal: (why) => new TypeError(`a deployment cannot go on: ${why}`),
      },
      begin(DEPLOYMENT, beginDeploy(viaOf(plan))),
    )
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

/** How long to wait before an effect is tried again. */
const AGAIN_MS = 2000

/** Does an effect, and says of what went wrong whether another try may help. */
async function outcomeOf(effect: DeployEffect, context: DeployContext): Promise<DeployEvent> {
  try {
    return await DEPLOY_EXECUTORS[effect](context)
  } catch (error) {
    if (!isAnnealError(error)) throw error
    const failed = { ...failedBy(error), retry: false }
    if (!TRIED_AGAIN.has(effect) || context.signal.aborted) return failed
    // A fault of the service itself counts as a try; that it is away does not.
    if (error.code === 'OPENSTACK_FAULT') return { ...failed, retry: true }
    const isAway = error.retry && error.exit === EXIT.unavailable
    return isAway ? { ...failed, retry: true, awayMs: 0 } : failed
  }
}

function restState(run: DeployRun): RestState {
  if (!isAtRest(run.state)) throw new TypeError(`a deployment has stopped in "${run.state}"`)
  return run.state
}
