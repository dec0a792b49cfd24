import type { Census, Guest, GuestEnding, Helper } from '../guests/index.ts'
import { sameProcess } from '../process.ts'
import type { ProcessTable } from '../process.ts'
import type { CheckReport } from './check.ts'

/** What was looked at after the switch. */
export type After = Readonly<{
  table: ProcessTable
  /** libvirt's own list; undefined where it does not answer. */
  domains:
    | readonly Readonly<{ uuid: string; name: string; state: string; reason?: string | undefined }>[]
    | undefined
  /** Guests that run now, whoever started them and when. */
  present: Census['guests']
  /**
   * Who ended each guest of the census that is gone: one that is not named here counts as lost. Others that are named
   * are told, and no more.
   */
  endings: readonly GuestEnding[]
  /** Whether this release has a libvirt at all. */
  hasHypervisor: boolean
  services: readonly Readonly<{ service: string; container: string; ready: boolean; detail: string }>[]
  /** Sizes in bytes of the console logs that grew before. */
  consoles: Readonly<Record<string, number>>
  /** Those of them that some process has open for writing; absent where nobody has looked yet. */
  writtenConsoles?: readonly string[]
  /** Containers of the other release that run although they must not. */
  strangers: readonly string[]
}>

export type ProofFailure = Readonly<{
  code:
    | 'GUEST_DIED'
    | 'GUEST_CHANGED'
    | 'GUEST_UNSEEN'
    | 'GUEST_STATE_CHANGED'
    | 'HELPER_DIED'
    | 'HYPERVISOR_SILENT'
    | 'SERVICE_NOT_READY'
    | 'CONSOLE_SILENT'
    | 'TWO_RELEASES_RUN'
  subject: string
  detail: string
}>

export type Proof = Readonly<{
  ok: boolean
  failures: readonly ProofFailure[]
  guests: readonly Readonly<{ uuid: string; name: string; pid: number; alive: boolean; state: string }>[]
  /** Who ended guests that are gone; absent in journals of earlier versions. */
  ended?: readonly GuestEnding[]
  /** Console logs that grew before and not since, although they are still open for writing: the guests went quiet. */
  quietConsoles?: readonly string[]
  /** Guests that were started since the census, other than those that were started again. */
  startedMeanwhile?: readonly Readonly<{ uuid: string; name: string; pid: number }>[]
}>

/** Pure: compares the node after the switch with what the check found before it. */
export function prove(before: CheckReport | undefined, after: After): Proof {
  const census: Census = before?.census ?? { guests: [], helpers: [], stale: [] }
  /** Whose helpers and consoles may stand still. */
  const excused = new Set(
    census.guests.filter((guest) => isOver(guest, after) || isHeld(guest, after)).map(({ uuid }) => uuid),
  )
  const silent = consoleFailures(before, excused, after)
  // Whether a guest has something to say is up to its tenant.
  const quiet = silent
    .map(({ subject }) => subject)
    .filter((path) => after.writtenConsoles?.includes(path) === true)
  const failures = [
    ...census.guests.flatMap((guest) => guestFailures(guest, before, after)),
    ...census.helpers.flatMap((helper) => helperFailures(helper, excused, after)),
    ...serviceFailures(after),
    ...silent.filter(({ subject }) => !quiet.includes(subject)),
    ...after.strangers.map((name): ProofFailure => ({
      code: 'TWO_RELEASES_RUN',
      subject: name,
      detail: `container "${name}" of the other release runs`,
    })),
  ]
  const guests = census.guests.map((guest) => ({
    uuid: guest.uuid,
    name: guest.name,
    pid: guest.identity.pid,
    alive: processOf(guest, after) !== undefined,
    state: after.domains?.find((domain) => domain.uuid === guest.uuid)?.state ?? 'unknown',
  }))
  const known = new Set(census.guests.map(({ uuid }) => uuid))
  const startedMeanwhile = after.present
    .filter(({ uuid }) => !known.has(uuid))
    .map(({ uuid, name, identity }) => ({ uuid, name, pid: identity.pid }))
  return {
    ok: failures.length === 0,
    failures,
    guests,
    ended: after.endings,
    startedMeanwhile,
    ...(quiet.length === 0 ? {} : { quietConsoles: quiet }),
  }
}

function endingOf(guest: Guest, { endings }: After): GuestEnding | undefined {
  return endings.find(({ uuid, pid }) => uuid === guest.uuid && pid === guest.identity.pid)
}

/** Ended by its tenant or an operator. */
function isOver(guest: Guest, after: After): boolean {
  return processOf(guest, after) === undefined && endingOf(guest, after)?.counts === false
}

/** Paused by its tenant or an operator, or asleep: libvirt itself says so. */
function isHeld({ uuid }: Guest, after: After): boolean {
  const domain = after.domains?.find((candidate) => candidate.uuid === uuid)
  return domain?.state === 'pmsuspended' || (domain?.state === 'paused' && domain.reason === 'user')
}

function processOf(one: Guest | Helper, after: After): ProcessTable['processes'][number] | undefined {
  return after.table.processes.find((process) => sameProcess(process, one.identity))
}

function guestFailures(guest: Guest, before: CheckReport | undefined, after: After): ProofFailure[] {
  const process = processOf(guest, after)
  if (process === undefined) {
    const ending = endingOf(guest, after)
    if (ending?.counts === false) return []
    const why = ending === undefined ? '' : `: ${ending.detail}`
    return [
      {
        code: 'GUEST_DIED',
        subject: guest.name,
        detail: `guest "${guest.name}" (pid ${guest.identity.pid}) died${why}`,
      },
    ]
  }
  const failures: ProofFailure[] = []
  const namespaces = guest.identity.namespaces
  const moved =
    namespaces !== undefined &&
    process.namespaces !== undefined &&
    (namespaces.pid !== process.namespaces.pid || namespaces.mnt !== process.namespaces.mnt)
  if (process.exeInode !== guest.identity.exeInode || moved) {
    failures.push({
      code: 'GUEST_CHANGED',
      subject: guest.name,
      detail: `guest "${guest.name}" (pid ${process.pid}) is not what it was: executable or namespaces differ`,
    })
  }
  if (!after.hasHypervisor || after.domains === undefined) return failures
  const domain = after.domains.find((candidate) => candidate.uuid === guest.uuid)
  // A guest that libvirt did not know before (started by other means) need not be known afterwards.
  const known = before?.domains?.find((candidate) => candidate.uuid === guest.uuid)
  if (before?.domains !== undefined && known === undefined) return failures
  if (domain === undefined || domain.state === 'shutoff') {
    failures.push({
      code: 'GUEST_UNSEEN',
      subject: guest.name,
      detail: `guest "${guest.name}" runs (pid ${process.pid}), but libvirt ${domain === undefined ? 'does not know it' : 'shows it as shut off'}`,
    })
  } else if (known !== undefined && known.state !== domain.state && !isWished(guest, known.state, after)) {
    failures.push({
      code: 'GUEST_STATE_CHANGED',
      subject: guest.name,
      detail: `guest "${guest.name}" was ${known.state} and is ${domain.state}`,
    })
  }
  return failures
}

/** Paused or resumed by its tenant or an operator; whoever resumes a guest has to ask libvirt for it. */
function isWished(guest: Guest, before: string, after: After): boolean {
  const now = after.domains?.find((candidate) => candidate.uuid === guest.uuid)?.state
  return isHeld(guest, after) || (now === 'running' && ['paused', 'pmsuspended'].includes(before))
}

function helperFailures(helper: Helper, excused: ReadonlySet<string>, after: After): ProofFailure[] {
  if (processOf(helper, after) !== undefined) return []
  // It goes with the guest that it serves.
  if (helper.guests.length > 0 && helper.guests.every((uuid) => excused.has(uuid))) return []
  return [
    {
      code: 'HELPER_DIED',
      subject: helper.name,
      detail: `${helper.kind} "${helper.name}" (pid ${helper.identity.pid}), which guests need, died`,
    },
  ]
}

function serviceFailures(after: After): ProofFailure[] {
  const failures = after.services
    .filter((service) => !service.ready)
    .map((service): ProofFailure => ({
      code: 'SERVICE_NOT_READY',
      subject: service.service,
      detail: `service "${service.service}" is not ready: ${service.detail}`,
    }))
  if (after.hasHypervisor && after.domains === undefined) {
    failures.push({ code: 'HYPERVISOR_SILENT', subject: 'libvirt', detail: 'libvirt does not answer' })
  }
  return failures
}

function consoleFailures(
  before: CheckReport | undefined,
  excused: ReadonlySet<string>,
  after: After,
): ProofFailure[] {
  return Object.entries(before?.growingConsoles ?? {}).flatMap(([path, sizeBytes]): ProofFailure[] => {
    const writers = before?.census.guests.filter(({ consoleLogs }) => consoleLogs.includes(path)) ?? []
    // Nobody is left who would write it; one that the last census does not have any more ended before.
    if (writers.every(({ uuid }) => excused.has(uuid))) return []
    const now = after.consoles[path]
    // A smaller one with something in it was rotated, and written since.
    if (now !== undefined && now !== sizeBytes && now !== 0) return []
    return [
      {
        code: 'CONSOLE_SILENT',
        subject: path,
        detail: `console log "${path}" grew before the switch and has not grown since (${now ?? 'gone'} of ${sizeBytes} bytes)`,
      },
    ]
  })
}
