import { findingsOf } from '../../core/index.ts'
import type { FindingTable } from '../../core/index.ts'
import type { Finding } from '../finding.ts'
import type { Owner } from './find-owners.ts'

/** Who else acts on a container of the node. A plan refuses what the doctor only warns of. */
export const OWNER_FINDINGS = {
  CONTAINER_OWNED: {
    severity: 'refuse',
    meaning:
      'A unit of systemd (Kolla’s, a quadlet, one of `podman generate systemd`, one of the house) would start a container again once it has stopped, start it at boot, or remove it: two libvirts would take the same guests for theirs, or the way back would be gone.',
    remedy:
      'keep the unit from acting without stopping it, as its stop is the container’s: give it a drop-in with `[Service]`, `Restart=no` and empty `ExecStop=` and `ExecStopPost=`, disable it and what triggers it (`systemctl disable UNIT`, without --now), and run `systemctl daemon-reload`',
  },
  CONTAINER_WATCHED: {
    severity: 'refuse',
    meaning:
      'A process waits for a container to end (`docker start -a`, `docker wait`, `docker run` in the foreground): whatever supervises it may start the container again.',
    remedy:
      'end what supervises it first, then the process, with SIGKILL: any other signal is handed on to the container and stops it',
  },
  CONTAINER_REPLACED: {
    severity: 'warn',
    meaning:
      'A program replaces containers by itself when their image has a newer version (Watchtower, `podman auto-update`): it stops them without looking who dies.',
    remedy:
      'leave containers with guests out of it (label `com.centurylinklabs.watchtower.enable=false`), or stop it; for Podman disable podman-auto-update.timer',
  },
  CONTAINER_OF_COMPOSE: {
    severity: 'info',
    meaning: 'A container is of a Compose project: `compose up` there would start it again, or make it anew.',
    remedy: 'once Anneal has taken over, no longer run Compose for this service',
  },
  CONTAINER_UNIT_IDLE: {
    severity: 'info',
    meaning: 'A unit of systemd could start a container, but nothing starts the unit.',
    remedy: 'no longer start that unit once Anneal has taken over; remove its file when it can be',
  },
} as const satisfies FindingTable

const finding = findingsOf(OWNER_FINDINGS)

/** `strict` is for a plan that stops the containers; the doctor warns, as nothing happens now. */
export function ownerFindings(
  owners: readonly Owner[],
  strictness: 'strict' | 'lenient',
): readonly Finding[] {
  const changes: Partial<Finding> = strictness === 'strict' ? {} : { severity: 'warn' }
  return owners.map((owner): Finding => {
    const { container, evidence, kind, effect } = owner
    switch (kind) {
      case 'unit':
        if (effect === 'idle') return finding('CONTAINER_UNIT_IDLE', container, evidence)
        return finding('CONTAINER_OWNED', container, evidence, { ...changes, ...quadletRemedy(owner) })
      case 'watcher':
        return finding('CONTAINER_WATCHED', container, evidence, changes)
      case 'replacer':
        return finding('CONTAINER_REPLACED', container, evidence)
      case 'compose':
        return finding('CONTAINER_OF_COMPOSE', container, evidence)
    }
  })
}

/** What a generator makes anew at each reload cannot be disabled. */
function quadletRemedy({ source, name }: Owner): Partial<Finding> {
  if (!/\.(container|kube|pod)$/.test(source)) return {}
  return {
    remedy: `move ${source} to where no generator reads it and run \`systemctl daemon-reload\`; do not stop ${name}, as that stops the container and removes it`,
  }
}
