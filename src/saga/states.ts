/**
 * One state of a table of states.
 *
 * A state is either stable (the run has ended here) or it works towards a target. Whatever decides how long and how often
 * something is tried, and what a crash means, stands in the state that owns it.
 */
export type StateSpec<State extends string, Kind extends string = string> = RestSpec | WorkSpec<State, Kind>

export type RestSpec = Readonly<{ stable: true; meaning: string }>

export type WorkSpec<State extends string, Kind extends string = string> = Readonly<{
  stable: false
  meaning: string
  /** Where success leads: all effects of the state are done. */
  target: State
  /** Where failure leads: an effect failed and is not tried again. */
  onFailure: State
  /** Where a cancelled run goes; `finish` goes on as if nobody had asked. */
  onCancel: State | 'finish'
  afterCrash: AfterCrash<State>
  /** How often a failed effect is tried again before `onFailure`. */
  retries: number
  /** How long an effect is tried again while the service that does it is away. Absent: it counts as any failure. */
  patienceMs?: number
  /** How long one effect of this state may take. */
  deadlineMs: number
  /** Effects that may take another time. */
  deadlinesMs?: Readonly<Partial<Record<Kind, number>>>
  /** Effects that the run can do without: after the last attempt it goes on. */
  dispensable?: readonly Kind[]
}>

/**
 * What a restart does with a run that ended in this state without a word. `resumeIn` does the effects of a state from the
 * first one on, so each of them is idempotent; `leaveFor` gives up and goes to the state that cleans up.
 */
export type AfterCrash<State extends string> = Readonly<{ resumeIn: State } | { leaveFor: State }>

export type StateTable<State extends string, Kind extends string = string> = Readonly<
  Record<State, StateSpec<State, Kind>>
>
