import type { StateTable } from './states.ts'

/** Why a run left its way. Printable; carries no secret. */
export type Reason = Readonly<{ code: string; message: string; remedy: string }>

/** What every run holds. Plain JSON; a machine adds its plan and what it learns. */
export type SagaRun = Readonly<{
  state: string
  /** Index of the effect under way among the effects of the state. */
  cursor: number
  /** How often the effect under way has failed in this state. */
  attempts: number
  /** The first thing that went wrong; later ones do not hide it. */
  reason?: Reason
  /** What went wrong on the way back, where something did. */
  secondReason?: Reason
}>

/** What the runtime is asked to do. Arguments are JSON; each effect is idempotent. */
export type SagaEffect = Readonly<{ kind: string; args: object }>

/** Makes the union of all effects of a map from kinds to arguments. */
export type EffectOf<Args extends object> = {
  [K in keyof Args & string]: Readonly<{ kind: K; args: Readonly<Args[K]> }>
}[keyof Args & string]

/** An event of a machine's own: what an effect found. */
export type Found = Readonly<{ type: string }>

/** The events that every machine knows. */
export type SagaEvent =
  | Readonly<{ type: 'effectDone' }>
  | EffectFailed
  | Readonly<{ type: 'cancelled' }>
  | Readonly<{ type: 'recovered' }>

export type EffectFailed = Readonly<{
  type: 'effectFailed'
  reason: Reason
  /** Whether the same effect may succeed later. */
  retry: boolean
  /** Present where the service is away. The driver fills in how long ago the effect was first tried: milliseconds. */
  awayMs?: number
}>

/**
 * A machine: its table, the effects of each state, and what its own events mean. Everything here is pure. `R` is a run,
 * `E` the union of its effects, `F` the union of its own events: what was found by effects that end with a finding.
 */
export type Machine<R extends SagaRun, E extends SagaEffect, F extends Found> = Readonly<{
  /** What a run is called in messages: `run`, `deployment`. */
  subject: string
  states: StateTable<R['state'], E['kind']>
  /** The effects of the run's state, in order; never asked of a stable state. The dry run prints the same list. */
  effectsOf: (run: R) => readonly E[]
  /** By which events an effect ends well. Absent: by `effectDone` alone. */
  endsWith: Readonly<Partial<Record<E['kind'], readonly (F['type'] | 'effectDone')[]>>>
  /** A run with what an event of the machine's own tells, still where it is. */
  learn: (run: R, event: F) => R
  /** Where such an event leads, once it was learnt. */
  next: (run: R, event: F) => R
  /** Where this very run goes when the table's word is not the last one. */
  targetOf?: (run: R) => R['state'] | undefined
  failureOf?: (run: R) => R['state'] | undefined
  cancelOf?: (run: R) => R['state'] | 'finish' | undefined
  /** Added to the deadline of an effect: a stop takes as long as its service may take to end. */
  allowanceMs?: (effect: E) => number
  reasons: Readonly<{ interrupted: Reason; cancelled: Reason }>
}>

export type Decision<R extends SagaRun, E extends SagaEffect> =
  | (Readonly<{ legal: true }> & Step<R, E>)
  | Readonly<{ legal: false; why: string }>

/** A run, and the effect under way: none in a stable state, else exactly one. */
export type Step<R extends SagaRun, E extends SagaEffect> = Readonly<{ next: R; effects: readonly E[] }>
