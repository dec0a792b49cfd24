import type { Guest } from '../guests/index.ts'
import type { Container } from '../container.ts'
import type { Finding } from '../finding.ts'
import type { Endangered } from '../kill-set/index.ts'
import { workloadOfContainer } from '../release/index.ts'
import type { DoctorInput } from './doctor.ts'
import { doctorFinding } from './findings.ts'

/** What threatens the guests that run now. */
export function guestFindings(input: DoctorInput): readonly Finding[] {
  const { census, containers } = input
  const libvirt = containers.find(
    (one) => one.status === 'running' && workloadOfContainer(one).role === 'libvirt',
  )
  return [
    ...input.endangered.map((one) => endangered(one, input)),
    ...census.guests.flatMap((guest) => emulator(guest, containers, libvirt)),
    ...census.stale.map((name) => doctorFinding('GUEST_STALE', name, 'its process is gone')),
  ]
}

function endangered(one: Endangered, { engine }: DoctorInput): Finding {
  const isOfPods = engine.keptByKubelet === true
  const when = one.mechanisms.includes('leftBehind')
    ? 'dies with the next start or removal of the stopped container'
    : `dies with ${isOfPods ? 'pod' : 'container'}`
  const evidence = `pid ${one.pid} ${when} "${one.containerName}" (${one.mechanisms.join(', ')}: ${one.evidence})`
  const code = one.kind === 'guest' ? 'GUEST_ENDANGERED' : 'HELPER_ENDANGERED'
  if (isOfPods) {
    const remedy = 'migrate it or shut it down before that pod is stopped; Anneal moves nobody out of a pod'
    return doctorFinding(code, one.name, evidence, { remedy })
  }
  const changes = one.rescuable
    ? {}
    : { remedy: 'migrate it or shut it down: a process cannot leave its pid namespace' }
  return doctorFinding(code, one.name, evidence, changes)
}

function emulator(
  guest: Guest,
  containers: readonly Container[],
  libvirt: Container | undefined,
): readonly Finding[] {
  const { emulator: path, ownerContainer: owner, name } = guest
  const findings: Finding[] = []
  if (path.endsWith(' (deleted)'))
    findings.push(doctorFinding('EMULATOR_REMOVED', name, `${path.slice(0, -10)} was deleted`))
  // /snap/NAME/REVISION/…, where `current` is a link that stays.
  const revision = /\/snap\/[^/]+\/(x?\d+)\//.exec(path)?.[1]
  if (revision !== undefined)
    findings.push(doctorFinding('EMULATOR_IN_REVISION', name, `it runs ${path}, of revision ${revision}`))
  if (owner === undefined || owner === libvirt?.id) return findings
  const container = containers.find((one) => one.id === owner)
  if (container === undefined) {
    return [
      ...findings,
      doctorFinding('EMULATOR_REMOVED', name, `it runs from container ${owner.slice(0, 12)}, which is gone`),
    ]
  }
  if (libvirt === undefined) return findings
  const evidence = `it runs from container "${container.name}" (${container.image}), and libvirt is "${libvirt.name}" (${libvirt.image}) now`
  return [...findings, doctorFinding('EMULATOR_OLD', name, evidence)]
}
