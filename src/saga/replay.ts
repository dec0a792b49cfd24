import { begin, decide, enter, isCommon } from './decide.ts'
import type { Found, Machine, SagaEffect, SagaEvent, SagaRun } from './machine.ts'

/**
 * One line of a journal: `planned` first, then for each effect `intended` before it is done and `happened` after, and
 * `ended` when everything is reported.
 */
export type SagaEntry = Readonly<{ run: string; sequence: number; at: string; type: string; data: unknown }>

export type Replayed<R extends SagaRun, E extends SagaEffect> = Readonly<{
  run: string
  state: R
  /** Sequence number of the next entry. */
  nextSequence: number
  /** The effect whose outcome is not known: it may or may not have been done. */
  inDoubt: E | undefined
  /** Reported, and at rest. */
  ended: boolean
  startedAt: string
}>

/** A journal that contradicts itself: which entry, and why. */
export type BrokenJournal = Readonly<{ run: string; sequence: number; why: string }>

export type Replay<R extends SagaRun, E extends SagaEffect> =
  | (Readonly<{ ok: true }> & Replayed<R, E>)
  | (Readonly<{ ok: false }> & BrokenJournal)

/** Rebuilds a run from its journal; `start` makes a run of what was planned. undefined for an empty journal. */
export function replay<R extends SagaRun, E extends SagaEffect, F extends Found>(
  machine: Machine<R, E, F>,
  start: (planned: unknown) => R,
  entries: readonly SagaEntry[],
): Replay<R, E> | undefined {
  const first = entries[0]
  if (first === undefined) return undefined
  const broken = ({ sequence }: SagaEntry, why: string): Replay<R, E> => ({
    ok: false,
    run: first.run,
    sequence,
    why,
  })
  if (first.type !== 'planned') return broken(first, 'it does not begin with a plan')
  let state = begin(machine, start(first.data)).next
  let inDoubt: E | undefined
  let ended = false
  for (const entry of entries.slice(1)) {
    if (entry.type === 'intended') {
      inDoubt = entry.data as E
      continue
    }
    if (entry.type !== 'happened' && entry.type !== 'ended')
      return broken(entry, `unknown entry "${entry.type}"`)
    const { state: recorded } = entry.data as { state: string }
    if (!Object.hasOwn(machine.states, recorded)) return broken(entry, `unknown state "${recorded}"`)
    if (entry.type === 'ended') {
      state = { ...state, state: recorded }
      ended = true
    } else {
      const { event } = entry.data as { event: SagaEvent | F }
      state = follow(machine, state, event, recorded)
      inDoubt = undefined
    }
  }
  return {
    ok: true,
    run: first.run,
    state,
    nextSequence: (entries.at(-1) ?? first).sequence + 1,
    inDoubt,
    ended: ended && machine.states[state.state as R['state']].stable,
    startedAt: first.at,
  }
}

/**
 * One outcome. Where the table of this version would not have come to the recorded state (the journal is of a version
 * with other effects), the record counts: a recovery starts that state from its first effect anyway.
 */
function follow<R extends SagaRun, E extends SagaEffect, F extends Found>(
  machine: Machine<R, E, F>,
  run: R,
  event: SagaEvent | F,
  recorded: R['state'],
): R {
  const decision = decide(machine, run, event)
  if (decision.legal && decision.next.state === recorded) return decision.next
  if (!isCommon(event)) return enter(machine.learn(run, event), recorded)
  const reason = event.type === 'effectFailed' && run.reason === undefined ? { reason: event.reason } : {}
  return { ...enter(run, recorded), ...reason }
}
