import { isAnnealError } from '../../core/index.ts'
import type { AnnealError } from '../../core/index.ts'
import { TASK, beginTask, conductorError, nameOf } from '../../conductor/index.ts'
import type { MachineReported, TaskEffect, TaskPlan, TaskRun } from '../../conductor/index.ts'
import type { ConductorWorld } from '../../ports/index.ts'
import { begin, deadlineMs, decide, isStable, replay } from '../../saga/index.ts'
import type { SagaEntry, SagaEvent, Step } from '../../saga/index.ts'
import { Journal, drive, failedBy, runExecutor } from '../saga/index.ts'
import { ACTIONS } from './actions.ts'
import { machineOf } from './task-context.ts'
import type { TaskContext } from './task-context.ts'
import { TASK_EXECUTORS } from './task-executors.ts'

export type TaskSurroundings = Omit<TaskContext, 'run' | 'task' | 'held'> &
  Readonly<{
    /** Called before each effect, and at rest. */
    onState: (run: TaskRun) => void
  }>

/** How long to wait before an effect is tried again. */
const AGAIN_MS = 5000

/** Effects that wait for a machine: they end by themselves once it is silent for too long. */
const WAITING: ReadonlySet<TaskEffect['kind']> = new Set([
  'awaitReport',
  'awaitWritten',
  'awaitWiped',
  'restart',
  'powerOn',
  'openImage',
])

export type LeftTask = Readonly<{
  plan: TaskPlan
  /** Something was done for it; otherwise it was only accepted. */
  isBegun: boolean
}>

/** The task that a journal holds and that did not come to rest; undefined where there is none. */
export function unfinished(entries: readonly SagaEntry[]): LeftTask | undefined {
  const found = replayed(entries)
  if (found === undefined || found.ended) return undefined
  return { plan: found.state.plan, isBegun: entries.length > 1 }
}

/** Keeps a new task, before anybody is told that it was accepted. Gives its id. Throws STATE_UNWRITABLE. */
export function planTask(plan: TaskPlan, { store, clock, secrets }: ConductorWorld): string {
  const run = secrets.uuid()
  const at = new Date(clock.now()).toISOString()
  store.appendJournal(plan.machine, { run, sequence: 0, at, type: 'planned', data: plan })
  return run
}

/** Carries a task to rest that was just planned. */
export async function runTask(task: string, plan: TaskPlan, around: TaskSurroundings): Promise<TaskRun> {
  const { store, clock } = around.world
  const journal = new Journal(task, 1, {
    append: async (entry) => store.appendJournal(plan.machine, entry),
    clock,
  })
  return carry(journal, begin(TASK, beginTask(plan)), around)
}

/** Goes on with the task that the conductor was in when it ended. */
export async function resumeTask(uuid: string, around: TaskSurroundings): Promise<TaskRun> {
  const { store, clock } = around.world
  const before = replayed(store.journal(uuid))
  if (before === undefined) throw new TypeError(`machine ${uuid} has no journal`)
  const journal = new Journal(before.run, before.nextSequence, {
    append: async (entry) => store.appendJournal(uuid, entry),
    clock,
  })
  if (isStable(TASK, before.state)) return ended(journal, before.state, around)
  const decision = decide(TASK, before.state, { type: 'recovered' })
  if (!decision.legal) throw new TypeError(decision.why)
  await journal.happened({ type: 'recovered' }, decision.next.state)
  return carry(journal, decision, around)
}

async function carry(
  journal: Journal,
  start: Step<TaskRun, TaskEffect>,
  around: TaskSurroundings,
): Promise<TaskRun> {
  await using held = new AsyncDisposableStack()
  const { world, signal } = around
  const context = (run: TaskRun): TaskContext => ({ ...around, run, task: journal.run, held })
  const action = ACTIONS[start.next.plan.kind]
  const run = await drive<TaskRun, TaskEffect, MachineReported>(
    {
      machine: TASK,
      journal,
      clock: world.clock,
      signal,
      execute: (effect, at, told) => outcomeOf(effect, context(at), told),
      tookTooLong: ({ kind }, ms) =>
        conductorError('TASK_STEP_TIMEOUT', {
          action,
          machine: nameOf(machineOf(around)),
          effect: kind,
          seconds: Math.round(ms / 1000),
        }),
      deadlineMs: (effect, at) => (WAITING.has(effect.kind) ? 'own' : deadlineMs(TASK, at, effect)),
      onEffect: (_, at) => around.onState(at),
      beforeRetry: async () => {
        await world.clock.sleep(AGAIN_MS, around.stopping)
        around.stopping.throwIfAborted()
      },
      illegal: (why) => new TypeError(`a task cannot go on: ${why}`),
    },
    start,
  )
  return await ended(journal, run, around)
}

async function ended(journal: Journal, run: TaskRun, around: TaskSurroundings): Promise<TaskRun> {
  // The machine shows how it ended before the journal says that nothing is left to do.
  around.onState(run)
  await journal.ended(run.state)
  return run
}

async function outcomeOf(
  effect: TaskEffect,
  context: TaskContext,
  told: 'cancelled' | 'nothing',
): Promise<SagaEvent | MachineReported> {
  // What cleans up after a cancellation must not be ended by it.
  const signal = told === 'cancelled' ? new AbortController().signal : context.signal
  try {
    return await runExecutor(TASK_EXECUTORS, effect, { ...context, signal })
  } catch (error) {
    if (told === 'nothing' && context.signal.aborted) return { type: 'cancelled' }
    if (isAnnealError(error)) return failedBy(error)
    // The conductor ends: the task stays where it is.
    if (context.stopping.aborted) throw error
    return failedBy(faultOf(error, context))
  }
}

/** A fault of the program itself: the task fails as for any other reason, and what was begun is cleaned up. */
function faultOf(error: unknown, { world, uuid, run, say }: TaskContext): AnnealError {
  const [why, where] = error instanceof Error ? [error.message, error.stack] : [String(error), String(error)]
  say(`a fault of the conductor: ${where ?? why}`)
  const machine = world.store.machine(uuid)?.name ?? uuid
  return conductorError('CONDUCTOR_FAULT', { action: ACTIONS[run.plan.kind], machine, why }, error)
}

function replayed(entries: readonly SagaEntry[]) {
  const found = replay(TASK, (planned) => beginTask(planned as TaskPlan), entries)
  if (found === undefined) return undefined
  if (!found.ok) throw new TypeError(`a journal of the conductor is broken: ${found.why}`)
  return found
}
