import type { Finding } from '../finding.ts'
import { outsideOfSeen } from '../kill-set/index.ts'
import type { DoctorInput } from './doctor.ts'
import { doctorFinding } from './findings.ts'

/** What the host and its engine lack. */
export function hostFindings(input: DoctorInput): readonly Finding[] {
  const { engine, host, layout, census } = input
  const findings: Finding[] = []
  const hasMachined = host.machinedRunning || host.machinedActivatable
  if (!hasMachined) {
    const why = host.systemdIsInit
      ? 'systemd-machined neither runs nor can be started'
      : 'systemd is not this host’s init'
    const guests = census.guests.length === 0 ? 'no guest runs' : `${census.guests.length} guests run`
    const changes = host.systemdIsInit
      ? {}
      : { severity: 'info' as const, remedy: 'rely on the image’s hook and on `--rescue`' }
    findings.push(doctorFinding('MACHINED_ABSENT', 'node', `${why}; ${guests}`, changes))
  }
  if (!hasMachined && host.systemdIsInit && layout !== 'unified' && engine.cgroupDriver === 'systemd') {
    findings.push(
      doctorFinding(
        'SCOPE_HOLDS_GUESTS',
        engine.kind,
        `cgroup layout ${layout}, driver systemd, no machined`,
      ),
    )
  }
  if (engine.stopsContainersWithDaemon)
    findings.push(doctorFinding('LIVE_RESTORE_OFF', engine.kind, 'live-restore is false'))
  for (const { container, unit } of input.stopWithEngine ?? [])
    findings.push(
      doctorFinding(
        'STOPS_WITH_ENGINE',
        container,
        `${unit} waits for it, and systemd stops that with ${engine.kind}.service`,
      ),
    )
  const unseen = new Set(input.containers.flatMap((one) => outsideOfSeen(one, engine, layout)))
  if (unseen.size > 0) findings.push(doctorFinding('VERSIONS_NOT_SEEN', engine.kind, [...unseen].join('; ')))
  // A kubelet may run under any unit, or none.
  if (!engine.startsAtBoot && engine.keptByKubelet !== true)
    findings.push(doctorFinding('ENGINE_NOT_AT_BOOT', engine.kind, 'no enabled unit starts containers'))
  if (host.missingCapabilities.length > 0) {
    findings.push(doctorFinding('CAPABILITY_MISSING', 'node', host.missingCapabilities.join(', ')))
  }
  return findings
}
