import type { AnnealError } from '../../core/index.ts'
import type { Clock } from '../../ports/index.ts'
import { deadlineMs, decide } from '../../saga/index.ts'
import type { Found, Machine, SagaEffect, SagaEvent, SagaRun, Step } from '../../saga/index.ts'
import { failedBy } from './executors.ts'
import type { SagaJournal } from './journal.ts'

export type Driven<R extends SagaRun, E extends SagaEffect, F extends Found> = Readonly<{
  machine: Machine<R, E, F>
  journal: SagaJournal
  clock: Clock
  signal: AbortSignal
  /**
   * Does an effect. What goes wrong with the world is an `effectFailed`; what it throws ends the run where it is. An effect
   * that a cancellation ended early may say `cancelled` itself, unless the run was `told` already.
   */
  execute: (effect: E, run: R, told: 'cancelled' | 'nothing') => Promise<SagaEvent | F>
  /** The error of an effect that took longer than its state allows. */
  tookTooLong: (effect: E, ms: number) => AnnealError
  /** How long an effect may take, where the run knows better than the table; `own` where its executor ends it itself. */
  deadlineMs?: (effect: E, run: R) => number | 'own'
  /** Before the intention is journalled; `again` where the effect has failed right before. */
  onEffect?: (effect: E, run: R, how: 'first' | 'again') => void | Promise<void>
  /** After the outcome of an effect, before it is journalled. `run` is still where the effect was done. */
  onOutcome?: (outcome: Readonly<{ run: R; effect: E; event: SagaEvent | F; ms: number }>) => void
  /** Waits before an effect is tried again. `run.attempts` says how often it has failed. */
  beforeRetry: (run: R, effect: E) => Promise<void>
  /** The error of an event that the table does not allow: a bug, or a broken journal. */
  illegal: (why: string) => Error
}>

/**
 * Carries a run to rest: journals the intention, does the effect, journals the outcome, decides, and so on. A cancellation
 * is told to the machine once, between two effects. Gives the run in its stable state.
 */
export async function drive<R extends SagaRun, E extends SagaEffect, F extends Found>(
  driven: Driven<R, E, F>,
  start: Step<R, E>,
): Promise<R> {
  const { machine, journal, clock, signal } = driven
  let { next: run, effects } = start
  let cancelled = false
  let failed: E | undefined
  const step = async (event: SagaEvent | F): Promise<void> => {
    const decision = decide(machine, run, event)
    if (!decision.legal) throw driven.illegal(decision.why)
    await journal.happened(event, decision.next.state)
    run = decision.next
    effects = decision.effects
  }
  for (let effect = effects[0], triedMs = 0; effect !== undefined; effect = effects[0]) {
    if (signal.aborted && !cancelled) {
      cancelled = true
      await step({ type: 'cancelled' })
      continue
    }
    const startedMs = clock.monotonic()
    const isAgain = failed === effect
    if (!isAgain) triedMs = startedMs
    await driven.onEffect?.(effect, run, isAgain ? 'again' : 'first')
    await journal.intended(effect)
    const event: SagaEvent | F = sinceWhen(
      await withDeadline(driven, effect, run, cancelled ? 'cancelled' : 'nothing'),
      clock.monotonic() - triedMs,
    )
    driven.onOutcome?.({ run, effect, event, ms: Math.round(clock.monotonic() - startedMs) })
    cancelled ||= event.type === 'cancelled'
    const { state, cursor } = run
    await step(event)
    const isFailed = event.type === 'effectFailed' && run.state === state && run.cursor === cursor
    failed = isFailed ? effects[0] : undefined
    if (isFailed) await driven.beforeRetry(run, effect)
  }
  return run
}

/** The machine has no clock: how long a service has been away is told with the event. */
function sinceWhen<F extends Found>(event: SagaEvent | F, ms: number): SagaEvent | F {
  return 'awayMs' in event && event.awayMs !== undefined ? { ...event, awayMs: ms } : event
}

async function withDeadline<R extends SagaRun, E extends SagaEffect, F extends Found>(
  driven: Driven<R, E, F>,
  effect: E,
  run: R,
  told: 'cancelled' | 'nothing',
): Promise<SagaEvent | F> {
  const ms = driven.deadlineMs?.(effect, run) ?? deadlineMs(driven.machine, run, effect)
  if (ms === 'own') return driven.execute(effect, run, told)
  const timer = new AbortController()
  const timeout = async (): Promise<SagaEvent> => {
    await driven.clock.sleep(ms, timer.signal)
    return failedBy(driven.tookTooLong(effect, ms))
  }
  try {
    return await Promise.race([driven.execute(effect, run, told), timeout()])
  } finally {
    timer.abort()
  }
}
