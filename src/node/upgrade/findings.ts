import type { Container, EngineFacts } from '../container.ts'
import type { Finding } from '../finding.ts'
import { hostPathOf } from '../host-path.ts'
import type { Service } from '../release/index.ts'
import { runningJobs } from '../guests/index.ts'
import type { StatusFile } from '../guests/index.ts'
import { startProblem } from '../task-limit.ts'
import { canBeMadeAgain, started, stopped } from './plan.ts'
import type { Plan } from './plan.ts'

/** A container that is to be stopped and is not there: there would be no way back. */
export function missingContainers(plan: Plan, containers: readonly Container[]): readonly Finding[] {
  return stopped(plan)
    .filter((old) => !containers.some((container) => container.name === old.containerName))
    .map((old) => ({
      code: 'CONTAINER_MISSING',
      severity: 'refuse' as const,
      subject: old.name,
      evidence: `its container "${old.containerName}" is gone: there would be nothing to roll back to`,
      remedy: 'run `anneal node recover`, which creates it again from the release on file',
    }))
}

/** A container that is gone once it has stopped: there would be nothing to roll back to, and no libvirt if the new one fails. */
export function removeThemselves(plan: Plan, containers: readonly Container[]): readonly Finding[] {
  return stopped(plan).flatMap(({ name, containerName, supervisors = [] }): Finding[] => {
    const container = containers.find((candidate) => candidate.name === containerName)
    if (container?.autoRemove !== true || supervisors.some(({ makes }) => makes === true)) return []
    return [
      {
        code: 'CONTAINER_REMOVES_ITSELF',
        severity: 'refuse',
        subject: name,
        evidence: `container "${containerName}" was started with --rm, and no systemd unit that Anneal can start makes it again: the engine removes it when it stops, and the way back with it`,
        remedy: `an engine cannot change that later. Move the guests out (\`anneal node rescue ${containerName}\`), stop it, and deploy without --adopt ${name}=…: its service is down until then, and the first release has no way back. Or start it again without --rm first`,
      },
    ]
  })
}

/** Podman 3's API leaves the line ends of logs out: no image could be asked. */
export function engineTooOld({ kind, version }: Pick<EngineFacts, 'kind' | 'version'>): readonly Finding[] {
  if (kind !== 'podman' || Number.parseInt(version, 10) >= 4) return []
  return [
    {
      code: 'ENGINE_TOO_OLD',
      severity: 'refuse',
      subject: kind,
      evidence: `Podman ${version} does not give what Anneal asks of it; 4.3 and newer do`,
      remedy: 'bring the node to Debian 12 or newer, or use Docker 20.10 or newer',
    },
  ]
}

/** A container whose end its engine would not notice: once it has stopped, the engine cannot start it again. */
export function unwatchedContainers(plan: Plan, containers: readonly Container[]): readonly Finding[] {
  return stopped(plan).flatMap((old): Finding[] => {
    const { name, containerName } = old
    const container = containers.find((candidate) => candidate.name === containerName)
    if (container?.unwatched !== true) return []
    const isLost = !canBeMadeAgain(old)
    return [
      {
        code: 'CONTAINER_UNSTARTABLE',
        severity: isLost ? 'refuse' : 'warn',
        subject: name,
        evidence: `the conmon of container "${containerName}" is gone: once it has stopped, Podman cannot start it again${isLost ? ', and Anneal cannot make it again: there would be nothing to roll back to' : ', and a way back creates it anew'}`,
        remedy: isLost
          ? `move the guests out (\`anneal node rescue ${containerName}\`), remove the container (\`podman rm --force ${containerName}\`), have what made it make it again, and adopt that one`
          : 'nothing to do; find out what killed conmon (the kernel’s log, the end of a login)',
      },
    ]
  })
}

/**
 * A container that a switch or its way back would start again, and that could not fork then: Podman's of a limit of 0,
 * after an update to runc 1.4.
 */
export function startsUnableToFork(
  plan: Plan,
  containers: readonly Container[],
  engine: Pick<EngineFacts, 'passesZeroTaskLimit'>,
): readonly Finding[] {
  const forth = started(plan).map(({ service, newName }) => ({ service, name: newName, way: 'forth' }))
  const back = stopped(plan).map(({ name, containerName }) => ({
    service: name,
    name: containerName,
    way: 'back',
  }))
  return [...forth, ...back].flatMap(({ service, name, way }): Finding[] => {
    const container = containers.find((candidate) => candidate.name === name)
    const problem = container === undefined ? undefined : startProblem(container, engine)
    if (problem === undefined) return []
    const needed = way === 'forth' || plan.onFailure === 'rollBack'
    return [
      {
        code: 'TASK_LIMIT_OF_ONE',
        severity: needed ? 'refuse' : 'warn',
        subject: service,
        evidence: `container "${name}", which ${way === 'forth' ? 'this plan' : 'its way back'} would start: ${problem}`,
        remedy:
          way === 'forth'
            ? 'upgrade to a release in which this service changes, so that it gets a new container'
            : 'upgrade with --on-failure roll-forward, once; the containers that it makes have the limit right',
      },
    ]
  })
}

/** What goes on with a guest would be torn, or left without whoever waits for its end. */
export function busyGuests(files: readonly StatusFile[]): readonly Finding[] {
  return runningJobs(files).map(({ guest, work, remedy }) => ({
    code: 'GUEST_BUSY',
    severity: 'refuse' as const,
    subject: guest,
    evidence: `libvirt has work under way for it: ${work}`,
    remedy,
  }))
}

/** libvirt finds its guests again only where the old one left them: same host directories under the same paths. */
export function movedState(
  old: Pick<Container, 'mounts'>,
  next: Pick<Service, 'name' | 'container'>,
): readonly Finding[] {
  return ['/run/libvirt', '/var/lib/libvirt'].flatMap((path): Finding[] => {
    const before = hostPathOf(old.mounts, path)
    const after = hostPathOf(next.container.mounts, path)
    if (before !== undefined && before === after) return []
    return [
      {
        code: 'LIBVIRT_STATE_MOVES',
        severity: 'refuse',
        subject: next.name,
        evidence: `${path} is ${before ?? 'inside the container'} now and would be ${after ?? 'inside the container'}: the new libvirt would not find its guests, or kill them`,
        remedy: `bind the same host directory to ${path} in both releases`,
      },
    ]
  })
}
