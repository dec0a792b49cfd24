import type { Census, Guest, Helper } from '../census.ts'
import { sameProcess } from '../process.ts'
import type { ProcessTable } from '../process.ts'
import type { CheckReport } from './check.ts'

/** What was looked at after the switch. */
export type After = Readonly<{
  table: ProcessTable
  /** libvirt's own list; undefined where it does not answer. */
  domains: readonly Readonly<{ uuid: string; name: string; state: string }>[] | undefined
  /** Whether this release has a libvirt at all. */
  hasHypervisor: boolean
  services: readonly Readonly<{ service: string; container: string; ready: boolean; detail: string }>[]
  /** Sizes of the console logs that grew before. */
  consoles: Readonly<Record<string, number>>
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
}>

/** Pure: compares the node after the switch with what the check found before it. */
export function prove(before: CheckReport | undefined, after: After): Proof {
  const census: Census = before?.census ?? { guests: [], helpers: [], stale: [] }
  const failures = [
    ...census.guests.flatMap((guest) => guestFailures(guest, before, after)),
    ...census.helpers.flatMap((helper) => helperFailures(helper, after)),
    ...serviceFailures(after),
    ...consoleFailures(before, after),
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
  return { ok: failures.length === 0, failures, guests }
}

function processOf(one: Guest | Helper, after: After): ProcessTable['processes'][number] | undefined {
  return after.table.processes.find((process) => sameProcess(process, one.identity))
}

function guestFailures(guest: Guest, before: CheckReport | undefined, after: After): ProofFailure[] {
  const process = processOf(guest, after)
  if (process === undefined) {
    return [
      {
        code: 'GUEST_DIED',
        subject: guest.name,
        detail: `guest "${guest.name}" (pid ${guest.identity.pid}) died`,
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
  } else if (known !== undefined && known.state !== domain.state) {
    failures.push({
      code: 'GUEST_STATE_CHANGED',
      subject: guest.name,
      detail: `guest "${guest.name}" was ${known.state} and is ${domain.state}`,
    })
  }
  return failures
}

function helperFailures(helper: Helper, after: After): ProofFailure[] {
  if (processOf(helper, after) !== undefined) return []
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

function consoleFailures(before: CheckReport | undefined, after: After): ProofFailure[] {
  return Object.entries(before?.growingConsoles ?? {}).flatMap(([path, sizeBytes]): ProofFailure[] => {
    const now = after.consoles[path]
    if (now !== undefined && now > sizeBytes) return []
    return [
      {
        code: 'CONSOLE_SILENT',
        subject: path,
        detail: `console log "${path}" grew before the switch and has not grown since (${now ?? 'gone'} of ${sizeBytes} bytes)`,
      },
    ]
  })
}
