import type { SagaEntry } from '../../saga/index.ts'
import type { Clock } from '../../ports/index.ts'

/**
 * Where a run's journal goes: each call resolves when the line is on disk. INVARIANTS: an effect is only run after its
 * intention is on disk; the next effect only after the outcome of the one before is.
 */
export interface SagaJournal {
  intended(effect: unknown): Promise<void>
  /** `state` is where the event led: what a later version of Anneal, with other effects, goes on from. */
  happened(event: unknown, state: string): Promise<void>
}

/** The journal of one run: the plan, then for each effect its intention before it is done and its outcome after. */
export class Journal implements SagaJournal {
  readonly run: string
  readonly #append: (entry: SagaEntry) => Promise<void>
  readonly #clock: Pick<Clock, 'now'>
  readonly #onEntry: (entry: SagaEntry) => void
  #sequence: number

  constructor(
    run: string,
    sequence: number,
    to: Readonly<{ append: (entry: SagaEntry) => Promise<void>; clock: Pick<Clock, 'now'> }>,
    onEntry: (entry: SagaEntry) => void = () => undefined,
  ) {
    this.run = run
    this.#sequence = sequence
    this.#append = to.append
    this.#clock = to.clock
    this.#onEntry = onEntry
  }

  planned(plan: unknown): Promise<void> {
    return this.#write('planned', plan)
  }

  intended(effect: unknown): Promise<void> {
    return this.#write('intended', effect)
  }

  happened(event: unknown, state: string): Promise<void> {
    return this.#write('happened', { event, state })
  }

  /** Everything is reported: nothing is left to do for this run. */
  ended(state: string): Promise<void> {
    return this.#write('ended', { state })
  }

  async #write(type: string, data: unknown): Promise<void> {
    const at = new Date(this.#clock.now()).toISOString()
    const entry = { run: this.run, sequence: this.#sequence, at, type, data }
    await this.#append(entry)
    this.#sequence += 1
    this.#onEntry(entry)
  }
}

/** For a run whose state the world itself holds: the next run looks there and goes on. */
export const NO_JOURNAL: SagaJournal = {
  intended: () => Promise.resolve(),
  happened: () => Promise.resolve(),
}
