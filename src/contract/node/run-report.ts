import type { Finding } from '../../core/index.ts'
import type { FailureReason, SwitchAdmissibility } from './check.ts'
import type { EndangeredProcess } from './kill-set.ts'

/** A guest of the census, and what became of it. */
export type ProvenGuest = Readonly<{
  uuid: string
  name: string
  pid: number
  /** The same process as before the switch. */
  alive: boolean
  /** What libvirt says of it; `untouched` or `ended` where the run never came to the proof. */
  state: string
}>

/** A guest that ended during a run, and who ended it. */
export type EndedGuest = Readonly<{
  uuid: string
  name: string
  pid: number
  /** docs/guest-endings.md explains each. */
  kind:
    | 'shutDown'
    | 'destroyed'
    | 'saved'
    | 'migrated'
    | 'expendable'
    | 'signalled'
    | 'killedByLibvirt'
    | 'crashed'
    | 'unknown'
  /** Whether it speaks against the release. */
  counts: boolean
  /** RFC 3339, where libvirt's log says it. */
  at?: string
  /** For people: what was seen. */
  detail: string
  /** Pid of the process that the guest runs as again. */
  restartedAs?: number
}>

export type StartedGuest = Readonly<{ uuid: string; name: string; pid: number }>

/** What was found after the switch, compared with the check before it. */
export type RunProof = Readonly<{
  ok: boolean
  failures: readonly Readonly<{ code: string; subject: string; detail: string }>[]
  guests: readonly ProvenGuest[]
  /** Absent in reports of earlier versions, as is `startedMeanwhile`. */
  ended?: readonly EndedGuest[]
  /** Guests that were started since the census. */
  startedMeanwhile?: readonly StartedGuest[]
  /** Host paths of console logs that are open for writing, and did not grow any more. */
  quietConsoles?: readonly string[]
}>

/** How long the API of the hypervisor did not answer. */
export type MeasuredOutage = Readonly<{
  /** Milliseconds from the last answer before the gap to the first one after it; 0 where there was no gap. */
  longestGapMs: number
  /** Calls that were answered. */
  answers: number
  /** Calls that were not. */
  failures: number
}>

/** One step of a run that was done. */
export type StepTiming = Readonly<{
  state: string
  effect: string
  /** The service, container or image that it was about; may be empty. */
  subject: string
  ms: number
  failed: boolean
}>

/** What a run did. */
export type RunDocument = Readonly<{
  schema: 'anneal.run/1'
  /** Id of the run. */
  run: string
  kind: 'upgrade' | 'rollback'
  /** `refused` and `abandoned`: nothing that ran was touched. `attention`: a person has to look. */
  outcome: 'committed' | 'refused' | 'abandoned' | 'rolledBack' | 'attention'
  project: string
  /** Absent on a node without a release. */
  fromReleaseId?: string | undefined
  toReleaseId: string
  /** RFC 3339. */
  startedAt: string
  /** RFC 3339. */
  endedAt: string
  /** Absent where the engine did not answer. */
  engine?: Readonly<{ kind: 'docker' | 'podman' | 'containerd'; version: string }> | undefined
  guests: readonly ProvenGuest[]
  /** Guests that ended during the run. Absent in reports of earlier versions, as is `startedMeanwhile`. */
  ended?: readonly EndedGuest[]
  startedMeanwhile?: readonly StartedGuest[]
  /** The last proof; absent where the run never came to one. */
  proof?: RunProof | undefined
  endangered: readonly EndangeredProcess[]
  findings: readonly Finding[]
  /** Absent where no libvirt was replaced. */
  admissibility?: SwitchAdmissibility | undefined
  /** Absent where there was no switch, or it was interrupted. */
  outage?: MeasuredOutage | undefined
  timings: readonly StepTiming[]
  /** The first thing that went wrong. */
  reason?: FailureReason | undefined
  /** What went wrong on the way back. */
  secondReason?: FailureReason | undefined
  /** Hash of the record in the history; absent in the record itself. */
  hash?: string
}>
