import { isAnnealError } from '../../../core/index.ts'
import { REPLACEMENT, raiseReplacement, startReplacement } from '../../../node/index.ts'
import type {
  GuestEnding,
  ReplacementEffect,
  ReplacementPlan,
  ReplacementRun,
  ReplacementState,
} from '../../../node/index.ts'
import type { StateStore } from '../../../ports/index.ts'
import { begin, deadlineMs, decide, isStable, replay } from '../../../saga/index.ts'
import type { SagaEvent, Step } from '../../../saga/index.ts'
import { Journal, drive, failedBy, runExecutor } from '../../saga/index.ts'
import type { PodContext } from './context.ts'
import { EXECUTORS } from './executors.ts'
import { isAway } from './is-away.ts'

export type ReplacementStep = Readonly<{
  state: ReplacementState
  effect: ReplacementEffect['kind']
  outcome: 'done' | 'failed' | 'cancelled'
  ms: number
}>

export type ReplacementReport = Readonly<{
  run: ReplacementRun
  steps: readonly ReplacementStep[]
  /** Guests that their tenants or an operator ended meanwhile. */
  ended: readonly GuestEnding[]
}>

export type ReplacementControl = Readonly<{
  signal?: AbortSignal
  onStep?: (step: ReplacementStep) => void
}>

/** Makes the context of a plan; the plan of an interrupted run comes from its journal. */
export type ContextOf = (plan: ReplacementPlan, signal: AbortSignal) => PodContext

const RETRY_MS = 1000

/** Carries a plan out. `store` keeps the journal of replacements, and is nobody else's. */
export async function runReplacement(
  store: StateStore,
  contextOf: ContextOf,
  plan: ReplacementPlan,
  control: ReplacementControl = {},
): Promise<ReplacementReport> {
  const { world } = contextOf(plan, control.signal ?? new AbortController().signal)
  await store.startJournal()
  const id = `replace-${new Date(world.clock.now()).toISOString()}`
  const journal = new Journal(id, 0, { append: (entry) => store.appendJournal(entry), clock: world.clock })
  await journal.planned(plan)
  return goOn(journal, contextOf, plan, begin(REPLACEMENT, startReplacement(plan)), control)
}

/** Brings a replacement to rest that an earlier process left. undefined where there is none. Throws POD_JOURNAL_BROKEN. */
export async function recoverReplacement(
  store: StateStore,
  contextOf: ContextOf,
  control: ReplacementControl = {},
): Promise<ReplacementReport | undefined> {
  const replayed = await underWay(store)
  if (replayed === undefined) return undefined
  const { state: run } = replayed
  const { world } = contextOf(run.plan, control.signal ?? new AbortController().signal)
  const append = store.appendJournal.bind(store)
  const journal = new Journal(replayed.run, replayed.nextSequence, { append, clock: world.clock })
  let start: Step<ReplacementRun, ReplacementEffect> = { next: run, effects: [] }
  if (!isStable(REPLACEMENT, run)) {
    const decision = decide(REPLACEMENT, run, { type: 'recovered' })
    if (!decision.legal) throw raiseReplacement('POD_JOURNAL_BROKEN', { why: decision.why })
    await journal.happened({ type: 'recovered' }, decision.next.state)
    start = decision
  }
  return goOn(journal, contextOf, run.plan, start, control)
}

/** The replacement that an earlier process left, as it is; undefined where there is none. Throws POD_JOURNAL_BROKEN. */
export async function interruptedReplacement(store: StateStore): Promise<ReplacementRun | undefined> {
  return (await underWay(store))?.state
}

async function underWay(store: StateStore) {
  const entries = await store.readJournal()
  const replayed = replay(REPLACEMENT, (planned) => startReplacement(planned as ReplacementPlan), entries)
  if (replayed?.ok === false) throw raiseReplacement('POD_JOURNAL_BROKEN', { why: replayed.why })
  return replayed === undefined || replayed.ended ? undefined : replayed
}

async function goOn(
  journal: Journal,
  contextOf: ContextOf,
  plan: ReplacementPlan,
  start: Step<ReplacementRun, ReplacementEffect>,
  control: ReplacementControl,
): Promise<ReplacementReport> {
  const signal = control.signal ?? new AbortController().signal
  let ended: readonly GuestEnding[] = []
  const onEnded = (endings: readonly GuestEnding[]): void => {
    ended = endings
  }
  const context = { ...contextOf(plan, signal), onEnded }
  const steps: ReplacementStep[] = []
  const run = await drive<ReplacementRun, ReplacementEffect, never>(
    {
      machine: REPLACEMENT,
      journal,
      clock: context.world.clock,
      signal,
      execute: (effect, _, told) => execute(effect, context, told),
      tookTooLong: ({ kind }, ms) =>
        raiseReplacement('POD_EFFECT_SLOW', { effect: kind, seconds: Math.round(ms / 1000) }),
      deadlineMs: (effect, now) =>
        effect.kind === 'awaitPod' ? 'own' : deadlineMs(REPLACEMENT, now, effect),
      onOutcome({ run: { state }, effect, event, ms }) {
        const step = { state, effect: effect.kind, outcome: OUTCOMES[event.type], ms } as const
        steps.push(step)
        control.onStep?.(step)
      },
      beforeRetry: () => context.world.clock.sleep(RETRY_MS),
      illegal: (why) => raiseReplacement('POD_JOURNAL_BROKEN', { why }),
    },
    start,
  )
  await journal.ended(run.state)
  return { run, steps, ended }
}

const OUTCOMES = {
  effectDone: 'done',
  effectFailed: 'failed',
  cancelled: 'cancelled',
  recovered: 'failed',
} as const satisfies Record<SagaEvent['type'], ReplacementStep['outcome']>

/** An apiserver that is away is waited for, as the table says. */
async function execute(
  effect: ReplacementEffect,
  context: PodContext,
  told: 'cancelled' | 'nothing',
): Promise<SagaEvent> {
  try {
    // Who was told once is not told again.
    const { signal } = told === 'cancelled' ? new AbortController() : context
    return await runExecutor(EXECUTORS, effect, { ...context, signal })
  } catch (error) {
    if (!isAnnealError(error)) throw error
    const failed = failedBy(error)
    return isAway(error) ? { ...failed, retry: true, awayMs: 0 } : failed
  }
}
