import { findingsOf } from '../../core/index.ts'
import type { FindingTable } from '../../core/index.ts'
import type { Finding } from '../finding.ts'
import { composeConsequences } from './compose-project.ts'
import type { Owner } from './find-owners.ts'

/** Who else acts on a container of the node. A plan refuses what the doctor only warns of. */
export const OWNER_FINDINGS = {
  CONTAINER_OWNED: {
    severity: 'refuse',
    meaning:
      'A systemd unit (of Kolla, a quadlet, `podman generate systemd` or your own) would start a stopped container again, start it at boot, or remove it. Two libvirts would then manage the same guests, or a rollback would be impossible.',
    remedy:
      'take the container over with `--adopt`: Anneal then disarms the unit, where it only starts the container. Else disable the unit without stopping it, as that would stop the container: add a drop-in with `[Service]`, `Restart=no` and empty `ExecStop=` and `ExecStopPost=`, run `systemctl disable UNIT` (without --now) for it and its triggers, then `systemctl daemon-reload`',
  },
  CONTAINER_WATCHED: {
    severity: 'refuse',
    meaning:
      'A process waits for a container to end (`docker start -a`, `docker wait`, `docker run` in the foreground). Its supervisor may start the container again.',
    remedy:
      'end the supervisor first, then the process, with SIGKILL: it would pass any other signal on to the container and stop it',
  },
  CONTAINER_REPLACED: {
    severity: 'warn',
    meaning:
      'A program (Watchtower, `podman auto-update`) replaces containers when their image has a newer version. It does not check which processes would die.',
    remedy:
      'exclude containers with guests (label `com.centurylinklabs.watchtower.enable=false`), or stop the program; with Podman, disable podman-auto-update.timer',
  },
  CONTAINER_OF_COMPOSE: {
    severity: 'info',
    meaning:
      'A container belongs to a Compose project. Once Anneal manages its service, `up`, `start` and `restart` there would start it again, and two libvirts would run; `down` and `rm` would remove it, and the way back with it. A plan that stops the container warns of it. Compose leaves the containers of Anneal alone: they do not have its labels.',
    remedy:
      'while Anneal manages the service, give it a profile that nobody asks for in the Compose file (`profiles: [anneal]`): `up` then leaves it alone. Call no `start`, `restart`, `down` or `rm` there. If one of them was called: `anneal node recover` stops the container again, and `docker compose up --no-start SERVICE` makes a removed one again. Take the profile out after `anneal node give-back`',
  },
  SUPERVISOR_DISARMED: {
    severity: 'info',
    meaning:
      'A systemd unit that kept an adopted container running is kept from acting, by a drop-in `zzzz-anneal.conf`: it is not started, does not restart the container and does not stop it. Its own files and whether it is enabled stay as they are.',
    remedy:
      'nothing to do. A rollback to the adopted containers removes the drop-in and starts the unit again; to do so by hand, remove the drop-in and run `systemctl daemon-reload`',
  },
  CONTAINER_UNIT_IDLE: {
    severity: 'info',
    meaning: 'A systemd unit could start a container, but nothing starts the unit.',
    remedy: 'stop using this unit once Anneal manages the container, and remove its file when possible',
  },
} as const satisfies FindingTable

const finding = findingsOf(OWNER_FINDINGS)

/** `strict` is for a plan that stops the containers; the doctor warns, as nothing happens now. */
export function ownerFindings(
  owners: readonly Owner[],
  strictness: 'strict' | 'lenient',
  disarms: (container: string, unit: string) => boolean = () => false,
): readonly Finding[] {
  const changes: Partial<Finding> = strictness === 'strict' ? {} : { severity: 'warn' }
  return owners.map((owner): Finding => {
    const { container, evidence, kind, effect } = owner
    switch (kind) {
      case 'unit':
        if (effect === 'disarmed') return finding('SUPERVISOR_DISARMED', container, evidence)
        if (owner.disarming?.possible === true && disarms(container, owner.name))
          return finding('SUPERVISOR_DISARMED', container, `${evidence}; the switch disarms it first`)
        if (effect === 'idle') return finding('CONTAINER_UNIT_IDLE', container, evidence)
        return finding('CONTAINER_OWNED', container, withObstacle(evidence, owner), {
          ...changes,
          ...quadletRemedy(owner),
        })
      case 'watcher':
        return finding('CONTAINER_WATCHED', container, evidence, changes)
      case 'replacer':
        return finding('CONTAINER_REPLACED', container, evidence)
      case 'compose':
        return strictness === 'strict'
          ? finding('CONTAINER_OF_COMPOSE', container, `${evidence}; ${composeConsequences()}`, {
              severity: 'warn',
            })
          : finding('CONTAINER_OF_COMPOSE', container, evidence)
    }
  })
}

function withObstacle(evidence: string, { disarming }: Owner): string {
  return disarming?.possible === false ? `${evidence}; Anneal cannot disarm it: ${disarming.why}` : evidence
}

/** What a generator makes anew at each reload cannot be disabled. */
function quadletRemedy({ source, name }: Owner): Partial<Finding> {
  if (!/\.(container|kube|pod)$/.test(source)) return {}
  return {
    remedy: `move ${source} to where no generator reads it and run \`systemctl daemon-reload\`; do not stop ${name}, as that stops the container and removes it`,
  }
}
