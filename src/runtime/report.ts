import { EXIT } from '../core/index.ts'
import type { ExitCode } from '../core/index.ts'
import type {
  Admissibility,
  CheckReport,
  Effect,
  EngineKind,
  Finding,
  Plan,
  Proof,
  Reason,
  Run,
  StableState,
  StateName,
} from '../node/index.ts'
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
  const census = run.check?.census
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
    guests:
      run.proof?.guests ??
      (census?.guests ?? []).map((guest) => ({
        uuid: guest.uuid,
        name: guest.name,
        pid: guest.identity.pid,
        alive: true,
        state: 'untouched',
      })),
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

/** What the process exits with after a run. */
export function exitOf(report: RunReport): ExitCode {
  switch (report.outcome) {
    case 'committed':
      return EXIT.ok
    case 'refused':
      return report.reason?.code === 'GUESTS_ENDANGERED' ? EXIT.endangered : EXIT.refused
    case 'abandoned':
      return EXIT.failed
    case 'rolledBack':
      return EXIT.rolledBack
    case 'attention':
      return EXIT.attention
  }
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
    case 'removeContainer':
      return effect.args.name
    case 'handOver':
      return effect.args.to
    case 'prove':
      return effect.args.of
    case 'check':
    case 'rescue':
    case 'recount':
    case 'commit':
    case 'prune':
      return ''
  }
}
