import type {
  Admissibility,
  CheckReport,
  Effect,
  EngineKind,
  Finding,
  GuestEnding,
  Plan,
  Proof,
  Reason,
  Run,
  StableState,
  StateName,
} from '../../../node/index.ts'
import type { Outage } from './outage-meter.ts'

export type Timing = Readonly<{ state: StateName; effect: Effect; ms: number; failed: boolean }>

/** What a run did, for people and for the node's history. Schema `anneal.run/1`. */
export type RunReport = Readonly<{
  schema: 'anneal.run/1'
  run: string
  kind: Plan['kind']
  outcome: StableState
  project: string
  fromReleaseId: string | undefined
  toReleaseId: string
  startedAt: string
  endedAt: string
  engine: Readonly<{ kind: EngineKind; version: string }> | undefined
  /** Guests of the census, with what the last proof says of them. */
  guests: Proof['guests']
  /** Guests that ended during the run, who ended each, and whether that counts against the release. */
  ended: readonly GuestEnding[]
  /** Guests that were started during the run. */
  startedMeanwhile: NonNullable<Proof['startedMeanwhile']>
  proof: Proof | undefined
  endangered: CheckReport['endangered']
  findings: readonly Finding[]
  admissibility: Admissibility | undefined
  /** How long the hypervisor's API did not answer; undefined where there was no switch or it was interrupted. */
  outage: Outage | undefined
  timings: readonly Readonly<{
    state: StateName
    effect: string
    subject: string
    ms: number
    failed: boolean
  }>[]
  reason: Reason | undefined
  secondReason: Reason | undefined
  /** Hash of the history record that this report is; set once it is written. */
  hash?: string
}>

export function makeReport(
  input: Readonly<{
    runId: string
    run: Run & { state: StableState }
    startedAt: number
    endedAt: number
    timings: readonly Timing[]
    outage: Outage | undefined
    engine: RunReport['engine']
  }>,
): RunReport {
  const { run } = input
  const ended = endedIn(run)
  const guests =
    run.proof?.guests ??
    (run.check?.census.guests ?? []).map(({ uuid, name, identity: { pid } }) => {
      const alive = !ended.some((one) => one.uuid === uuid && one.pid === pid)
      return { uuid, name, pid, alive, state: alive ? 'untouched' : 'ended' }
    })
  return {
    schema: 'anneal.run/1',
    run: input.runId,
    kind: run.plan.kind,
    outcome: run.state,
    project: run.plan.project,
    fromReleaseId: run.plan.fromReleaseId,
    toReleaseId: run.plan.toReleaseId,
    startedAt: new Date(input.startedAt).toISOString(),
    endedAt: new Date(input.endedAt).toISOString(),
    engine: input.engine,
    guests: [...guests, ...goneBefore(guests, ended)],
    ended,
    startedMeanwhile: run.proof?.startedMeanwhile ?? [],
    proof: run.proof,
    endangered: run.check?.endangered ?? [],
    findings: run.check?.findings ?? [],
    admissibility: run.check?.admissibility,
    outage: input.outage,
    timings: input.timings.map(({ state, effect, ms, failed }) => ({
      state,
      effect: effect.kind,
      subject: subjectOf(effect),
      ms,
      failed,
    })),
    reason: run.reason,
    secondReason: run.secondReason,
  }
}

/** What the last proof says of a guest comes last, and counts. */
function endedIn({ ended = [], proof }: Run): readonly GuestEnding[] {
  const all = [...ended, ...(proof?.ended ?? [])]
  return [...new Map(all.map((ending) => [`${ending.uuid} ${ending.pid}`, ending])).values()]
}

/** Guests that the last proof no longer asks for. */
function goneBefore(guests: RunReport['guests'], ended: readonly GuestEnding[]): RunReport['guests'] {
  return ended
    .filter(({ uuid, pid }) => !guests.some((guest) => guest.uuid === uuid && guest.pid === pid))
    .map(({ uuid, name, pid }) => ({ uuid, name, pid, alive: false, state: 'ended' }))
}

/** What an effect is about, in a word. */
export function subjectOf(effect: Effect): string {
  switch (effect.kind) {
    case 'pullImage':
      return effect.args.image
    case 'createContainer':
    case 'prewarm':
    case 'disarm':
    case 'stopContainer':
    case 'standBy':
    case 'startContainer':
    case 'awaitReady':
    case 'arm':
      return effect.args.service
    case 'disarmUnit':
    case 'rearmUnit':
      return effect.args.unit
    case 'removeContainer':
      return effect.args.name
    case 'handOver':
      return effect.args.to
    case 'prove':
      return effect.args.of
    case 'check':
    case 'rescue':
    case 'recount':
    case 'countBack':
    case 'commit':
    case 'forget':
    case 'prune':
      return ''
  }
}
