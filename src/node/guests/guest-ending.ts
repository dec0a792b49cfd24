import type { Guest } from './census.ts'
import { livesSince } from './guest-log.ts'
import type { GuestLife, LoggedSignal } from './guest-log.ts'

/**
 * Who ended a guest. The first four are acts of its tenant or of an operator, and no loss; `expendable` is what its
 * release allows. The others count against a release, and so does what cannot be known.
 */
export type EndingKind =
  | 'shutDown'
  | 'destroyed'
  | 'saved'
  | 'migrated'
  | 'expendable'
  | 'signalled'
  | 'killedByLibvirt'
  | 'crashed'
  | 'unknown'

export type GuestEnding = Readonly<{
  uuid: string
  name: string
  pid: number
  kind: EndingKind
  /** Whether it speaks against the release. */
  counts: boolean
  /** RFC 3339, from libvirt's log; undefined where that does not tell. */
  at?: string
  /** What was seen, for people: it follows the guest's name. */
  detail: string
  /** The guest runs again, as this process. */
  restartedAs?: number
}>

/** What witnesses say of a guest whose process is gone. */
export type EndingEvidence = Readonly<{
  /** When the guest was last seen running; undefined in journals of earlier versions. */
  seenAt: number | undefined
  /** What its log tells; undefined where there is none to read. */
  lives: readonly GuestLife[] | undefined
  /** What libvirt says of the domain now, e.g. `shutoff` for the reason `destroyed`. */
  domain: Readonly<{ state: string; reason: string | undefined }> | undefined
  /** Containers that stop in this run whose stop signals the guest. */
  killedWith: readonly Readonly<{ container: string; expendable: boolean }>[]
  /** Since when the new release’s own compute service can have ended guests through libvirt. */
  computeSince: number | undefined
  /** Pid of the process that the guest runs as again. */
  restartedAs: number | undefined
}>

const COUNTS: Readonly<Record<EndingKind, boolean>> = {
  shutDown: false,
  destroyed: false,
  saved: false,
  migrated: false,
  expendable: false,
  signalled: true,
  killedByLibvirt: true,
  crashed: true,
  unknown: true,
}

/** Pure. What the witnesses do not settle counts against the release. */
export function judgeEnding(
  guest: Pick<Guest, 'uuid' | 'name'> & Readonly<{ identity: Pick<Guest['identity'], 'pid'> }>,
  evidence: EndingEvidence,
): GuestEnding {
  const { lives, seenAt } = evidence
  const [first, ...later] = lives === undefined || seenAt === undefined ? [] : livesSince(lives, seenAt)
  // A guest that its tenant started again may be lost, too. Only the first life is known to be over.
  const ended = [first, ...later.filter((one) => one.ended !== undefined)]
  const all = ended.map((one) => ({ life: one, judged: judge(one, evidence) }))
  const worst = all.find(({ judged }) => judged.counts ?? COUNTS[judged.kind]) ?? all[0]
  const life = worst?.life
  const judged = worst?.judged ?? UNKNOWN
  return {
    uuid: guest.uuid,
    name: guest.name,
    pid: guest.identity.pid,
    kind: judged.kind,
    counts: judged.counts ?? COUNTS[judged.kind],
    ...(life?.ended === undefined ? {} : { at: new Date(life.ended.at).toISOString() }),
    detail: judged.detail,
    ...(evidence.restartedAs === undefined ? {} : { restartedAs: evidence.restartedAs }),
  }
}

type Judged = Readonly<{ kind: EndingKind; detail: string; counts?: boolean }>

const UNKNOWN: Judged = { kind: 'unknown', detail: 'nothing says who ended it' }

function judge(life: GuestLife | undefined, evidence: EndingEvidence): Judged {
  const doomed = evidence.killedWith.find(({ expendable }) => !expendable)
  if (doomed !== undefined) {
    return { kind: 'signalled', detail: `a stop of container "${doomed.container}" signals it` }
  }
  const expendable = evidence.killedWith[0]
  if (expendable !== undefined) {
    const detail = `it may end with container "${expendable.container}", as the release says (guests: expendable)`
    return { kind: 'expendable', detail }
  }
  const foreign = life?.signals.find((signal) => !isLibvirt(signal))
  if (foreign !== undefined) {
    const by = foreign.program === '' ? '' : ` (${foreign.program})`
    return { kind: 'signalled', detail: `signal ${foreign.signal} from pid ${foreign.pid}${by} ended it` }
  }
  if (life?.ended !== undefined) return fromReason(life.ended.reason, life, evidence)
  const { domain } = evidence
  // A signal from anywhere makes libvirt say `shutdown`, too: only the log tells the two apart.
  if (domain?.state === 'shutoff' && domain.reason !== undefined && domain.reason !== 'shutdown') {
    return fromReason(domain.reason, life, evidence)
  }
  return UNKNOWN
}

function fromReason(reason: string, life: GuestLife | undefined, evidence: EndingEvidence): Judged {
  switch (reason) {
    case 'shutdown':
      return { kind: 'shutDown', detail: 'it shut down, by itself or at the request of its tenant' }
    case 'destroyed':
    case 'from snapshot':
      return destroyed(life, evidence)
    case 'saved':
      return { kind: 'saved', detail: 'it was saved to disk through libvirt' }
    case 'migrated':
      return { kind: 'migrated', detail: 'it was migrated to another node' }
    case 'crashed':
      // libvirt says so of a guest whose monitor it lost, too, and ends that.
      return life?.signals.some(isLibvirt) === true
        ? { kind: 'killedByLibvirt', detail: 'libvirt lost its monitor and killed it' }
        : { kind: 'crashed', detail: 'its QEMU crashed or was killed' }
    case 'failed':
      return { kind: 'crashed', detail: 'libvirt failed with it' }
    case 'daemon':
      return { kind: 'killedByLibvirt', detail: 'libvirt killed it when it connected to it again' }
    default:
      return life?.signals.some(isLibvirt) === true
        ? { kind: 'killedByLibvirt', detail: 'libvirt killed it and gave no reason' }
        : { kind: 'unknown', detail: `libvirt found it gone and does not know why (reason ${reason})` }
  }
}

/** Whoever may use libvirt's socket may destroy a guest: also the compute service that this very run has started. */
function destroyed(life: GuestLife | undefined, { computeSince }: EndingEvidence): Judged {
  const kind = 'destroyed'
  const at = life?.ended?.at ?? Number.POSITIVE_INFINITY
  if (computeSince !== undefined && at >= computeSince) {
    const detail =
      'it was destroyed through libvirt while the new compute service ran: by that, or at the request of its tenant'
    return { kind, detail, counts: true }
  }
  return { kind, detail: 'it was destroyed through libvirt, by its tenant or an operator' }
}

function isLibvirt({ program }: LoggedSignal): boolean {
  const [path = ''] = program.split(' ')
  return ['libvirtd', 'virtqemud'].includes(path.slice(path.lastIndexOf('/') + 1))
}
