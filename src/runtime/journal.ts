import { STATES, begin, decide, isStable, recount } from '../node/index.ts'
import type { Effect, Plan, Run, RunEvent, StateName } from '../node/index.ts'
import type { Clock, JournalEntry, StateStore } from '../ports/index.ts'
import { raise } from './errors.ts'

/**
 * The journal of one run: the plan, then for each effect its intention before it is done and its outcome after.
 * A run is rebuilt from the outcomes by `decide`; the name of each state it came to is recorded, too, so that a
 * version of Anneal with another table of effects can go on from it. INVARIANTS: an effect is only run after its intention is on disk; the next effect only after the outcome
 * of the one before is.
 */
export class Journal {
  readonly run: string
  readonly #state: StateStore
  readonly #clock: Clock
  readonly #onEntry: (entry: JournalEntry) => void
  #sequence: number

  constructor(
    run: string,
    sequence: number,
    world: Readonly<{ state: StateStore; clock: Clock }>,
    onEntry: (entry: JournalEntry) => void,
  ) {
    this.run = run
    this.#sequence = sequence
    this.#state = world.state
    this.#clock = world.clock
    this.#onEntry = onEntry
  }

  planned(plan: Plan): Promise<void> {
    return this.#append('planned', plan)
  }

  intended(effect: Effect): Promise<void> {
    return this.#append('intended', effect)
  }

  /** `state` is where the event led: what a later version of Anneal, with other effects, goes on from. */
  happened(event: RunEvent, state: StateName): Promise<void> {
    return this.#append('happened', { event, state })
  }

  /** The report is in the history: nothing is left to do for this run. */
  ended(state: StateName): Promise<void> {
    return this.#append('ended', { state })
  }

  async #append(type: string, data: unknown): Promise<void> {
    const at = new Date(this.#clock.now()).toISOString()
    const entry = { run: this.run, sequence: this.#sequence, at, type, data }
    await this.#state.appendJournal(entry)
    this.#sequence += 1
    this.#onEntry(entry)
  }
}

export type Replayed = Readonly<{
  run: string
  state: Run
  /** Sequence number of the next entry. */
  nextSequence: number
  /** The effect whose outcome is not known: it may or may not have been done. */
  inDoubt: Effect | undefined
  /** Reported, and at rest. */
  ended: boolean
  startedAt: string
}>

/** Replays a journal through the decision table. undefined for an empty one. */
export function replay(entries: readonly JournalEntry[]): Replayed | undefined {
  const first = entries[0]
  if (first === undefined) return undefined
  if (first.type !== 'planned') {
    throw raise('JOURNAL_BROKEN', {
      run: first.run,
      sequence: first.sequence,
      why: 'it does not begin with a plan',
    })
  }
  let state = begin(first.data as Plan).next
  let inDoubt: Effect | undefined
  let ended = false
  for (const entry of entries.slice(1)) {
    switch (entry.type) {
      case 'intended':
        inDoubt = entry.data as Effect
        break
      case 'happened':
        state = follow(state, entry)
        inDoubt = undefined
        break
      case 'ended':
        state = { ...state, state: stateOf(entry) }
        ended = true
        break
      default:
        throw raise('JOURNAL_BROKEN', {
          run: first.run,
          sequence: entry.sequence,
          why: `unknown entry "${entry.type}"`,
        })
    }
  }
  const last = entries.at(-1) ?? first
  return {
    run: first.run,
    state,
    nextSequence: last.sequence + 1,
    inDoubt,
    ended: ended && isStable(state.state),
    startedAt: first.at,
  }
}

/**
 * One outcome. Where the table of this version would not have come to the recorded state (the journal is of a
 * version with other effects), the record counts: a recovery starts that state from its first effect anyway.
 */
function follow(run: Run, entry: JournalEntry): Run {
  const { event } = entry.data as { event: RunEvent }
  const recorded = stateOf(entry)
  const decision = decide(run, event)
  if (decision.legal && decision.next.state === recorded) return decision.next
  const found = {
    ...(event.type === 'nodeChecked' ? { check: event.report } : {}),
    ...(event.type === 'guestsRecounted' ? recount(run, event) : {}),
    ...(event.type === 'wayBackCounted' ? { back: event.back } : {}),
    ...(event.type === 'proofTaken' ? { proof: event.proof } : {}),
    ...(event.type === 'effectFailed' && run.reason === undefined ? { reason: event.reason } : {}),
  }
  return { ...run, ...found, state: recorded, cursor: 0, attempts: 0 }
}

function stateOf(entry: JournalEntry): StateName {
  const { state } = entry.data as { state: string }
  if (Object.hasOwn(STATES, state)) return state as StateName
  throw raise('JOURNAL_BROKEN', { run: entry.run, sequence: entry.sequence, why: `unknown state "${state}"` })
}
