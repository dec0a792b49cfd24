import { findingsOf } from '../../core/index.ts'
import type { FindingTable } from '../../core/index.ts'
import type { Finding } from '../finding.ts'
import { composeConsequences } from './compose-project.ts'
import type { Owner } from './owner.ts'
import type { Pruner } from './prune.ts'

/** Who else acts on a container of the node. A plan refuses what the doctor only warns of. */
export const OWNER_FINDINGS = {
  CONTAINER_OWNED: {
    severity: 'refuse',
    meaning:
      'A systemd unit (of Kolla, a quadlet, `podman generate systemd` or your own) would start a stopped container again, start it at boot, or remove it. Two libvirts would then manage the same guests, or a rollback would be impossible.',
    remedy:
      'take the container over with `--adopt`: Anneal then disarms the unit, where it only starts the container, or creates one that removes itself. Else disable the unit without stopping it, as that would stop the container: add a drop-in with `[Service]`, `Restart=no` and empty `ExecStop=` and `ExecStopPost=`, run `systemctl disable UNIT` (without --now) for it and its triggers, then `systemctl daemon-reload`',
  },
  CONTAINER_STARTED_BY_JOB: {
    severity: 'refuse',
    meaning:
      'A job of cron starts a container: at boot (`@reboot`), or repeatedly. A container that Anneal stopped would run again beside the new one, and two libvirts would manage the same guests.',
    remedy:
      'comment the line out, or take the container’s name out of the script, while Anneal manages the service: Anneal starts its containers at boot by itself. `anneal node give-back` does not bring the line back',
  },
  CONTAINER_ORCHESTRATED: {
    severity: 'refuse',
    meaning:
      'An orchestrator (Docker Swarm, Nomad, a kubelet with cri-dockerd, Amazon ECS) made the container. When it stops, the orchestrator starts it or another one, and two libvirts would manage the same guests.',
    remedy:
      'Anneal cannot keep an orchestrator from acting. Move the guests out first (`anneal node rescue CONTAINER`), take the service away from the orchestrator, which removes the container, and deploy the release without `--adopt`: the service is down in between',
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
      'A program (Watchtower, Ouroboros, `podman auto-update`) replaces containers when their image has a newer version, or restarts them when they are unhealthy (Autoheal, or a unit or job of cron that does the same). It does not check which processes would die.',
    remedy:
      'exclude containers with guests (labels `com.centurylinklabs.watchtower.enable=false`, `com.ouroboros.enable=false`, `autoheal=false`), or stop the program; with Podman, disable podman-auto-update.timer',
  },
  STOPPED_CONTAINERS_PRUNED: {
    severity: 'warn',
    meaning:
      'A unit or a job of cron removes stopped containers (`docker system prune`, `podman container prune`). Anneal keeps the containers of the earlier release stopped: they are the way back. A rollback makes those of a release again, from its images. Adopted containers cannot be made again.',
    remedy:
      'give the command `--filter label!=io.anneal.project`, which spares the containers of Anneal; only a label of their own spares adopted containers. Or remove unused images only (`docker image prune`, `podman image prune`)',
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
  CONTAINER_UNIT_ENDS: {
    severity: 'warn',
    meaning:
      'A systemd unit that runs a container ends it after a time (`RuntimeMaxSec=`), or lets systemd end the whole host, with every guest on it, when it fails, ends or is started too often (`FailureAction=`, `SuccessAction=`, `StartLimitAction=`, `JobTimeoutAction=`). A unit with `FailureAction=reboot` reboots the host when its container is stopped (`docker stop`), also with `Restart=always`. A plan refuses then, unless the switch disarms the unit.',
    remedy:
      'take the setting out of the unit, or take the container over with `anneal node adopt`, which keeps the unit from that. Until then, do not stop the container',
  },
  CONTAINER_UNIT_IDLE: {
    severity: 'info',
    meaning:
      'A systemd unit or a job of cron could start a container, but nothing starts the unit, or no cron runs.',
    remedy: 'stop using the unit or job once Anneal manages the container, and remove it when possible',
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
  return [...owners.flatMap((owner) => unitEnds(owner, strictness, disarms)), ...owners.map(told)]

  function told(owner: Owner): Finding {
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
      case 'job':
        if (effect === 'idle') return finding('CONTAINER_UNIT_IDLE', container, evidence)
        return finding('CONTAINER_STARTED_BY_JOB', container, evidence, changes)
      case 'orchestrator':
        return finding('CONTAINER_ORCHESTRATED', container, evidence, changes)
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
  }
}

/** A unit that is disarmed before the container stops does none of that. A time limit does not act at the switch. */
function unitEnds(
  { container, name, ends = [] }: Owner,
  strictness: 'strict' | 'lenient',
  disarms: (container: string, unit: string) => boolean,
): readonly Finding[] {
  if (ends.length === 0 || disarms(container, name)) return []
  const atSwitch = strictness === 'strict' && !ends.every(isTimeLimit)
  return [
    finding(
      'CONTAINER_UNIT_ENDS',
      container,
      `${name} has ${ends.join(', ')}`,
      atSwitch ? { severity: 'refuse' } : {},
    ),
  ]
}

/** Units that let systemd end the whole host when their container ends, whoever ends it. */
export function hostEndFindings(owners: readonly Owner[]): readonly Finding[] {
  return owners.flatMap((owner) => {
    const ends = owner.ends?.filter((one) => !isTimeLimit(one)) ?? []
    return unitEnds({ ...owner, ends }, 'strict', () => false)
  })
}

const isTimeLimit = (setting: string): boolean => setting.startsWith('RuntimeMaxSec=')

/** Who removes stopped containers on this node. */
export function prunerFindings(pruners: readonly Pruner[]): readonly Finding[] {
  return pruners.map(({ name, evidence }) => finding('STOPPED_CONTAINERS_PRUNED', name, evidence))
}

function withObstacle(evidence: string, { disarming }: Owner): string {
  return disarming?.possible === false ? `${evidence}; Anneal cannot disarm it: ${disarming.why}` : evidence
}

/** What a generator makes at each reload cannot be disabled. */
function quadletRemedy({ source, name }: Owner): Partial<Finding> {
  if (!/\.(container|kube|pod)$/.test(source)) return {}
  return {
    remedy: `move ${source} to where no generator reads it and run \`systemctl daemon-reload\`; do not stop ${name}, as that stops the container and removes it`,
  }
}
