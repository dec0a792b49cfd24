import type { Container } from '../../container.ts'
import type { Finding } from '../../finding.ts'
import { hostPathOf } from '../../host-path.ts'
import type { ContainerSpec } from '../container-spec.ts'
import { workloadOfService } from '../lint/workload.ts'
import type { Role } from '../lint/workload.ts'
import { LABELS } from '../names.ts'
import type { LibvirtPlace, ReleaseDraft, ServiceDraft } from '../release.ts'
import { importFinding } from './findings.ts'

/** A container that runs: what it is, and what it would be made of again. */
export type RunningService = Readonly<{
  container: Container
  spec: ContainerSpec
  /** The unit that brings it back after a crash or a reboot, where there is one. */
  restartedBy?: string
}>

/** libvirt is the last to stop and the first to start, after what writes its guests' logs. */
const ORDER: Readonly<Record<Role, number>> = {
  virtlogd: 10,
  libvirt: 20,
  network: 30,
  other: 100,
  compute: 110,
}

const DEFAULT_STOP_GRACE_MS = 10_000
const LIBVIRT_TIMES = { timeoutMs: 60_000, intervalMs: 200 }

/**
 * Containers that somebody started as a release. Each service is called as its container is, so that `anneal node adopt`
 * finds what it takes over from. What no container says stays at its default.
 */
export function draftOfContainers(
  project: string,
  running: readonly RunningService[],
): Readonly<{ draft: ReleaseDraft; findings: readonly Finding[] }> {
  const drafts = running.map((one) => draftOf(one))
  const libvirt = placeOf(drafts)
  const services = drafts
    .map((service) => completed(service, libvirt))
    .toSorted((a, b) => a.order - b.order || (a.name < b.name ? -1 : 1))
  return { draft: { project, libvirt, services }, findings: running.flatMap((one) => findingsOf(one)) }
}

function draftOf({ container, spec }: RunningService): ServiceDraft {
  const { name: _, image, restartPolicy, stopGraceMs = DEFAULT_STOP_GRACE_MS, ...shape } = spec
  // An image may have the label as well: only a container of a release is a service of it.
  const isOwn = container.labels[LABELS.release] !== undefined
  const named = (isOwn ? container.labels[LABELS.service] : undefined) ?? container.name
  return {
    name: named.replaceAll(/[^a-zA-Z0-9._-]+/g, '-'),
    image,
    replace: 'always',
    guests: 'never',
    stopGraceMs,
    restart: restartPolicy === 'no' ? 'unless-stopped' : restartPolicy,
    order: 100,
    dependsOn: [],
    ready: [],
    helpers: [],
    secrets: [],
    configs: [],
    publicEnvironment: [],
    container: shape,
  }
}

function completed(service: ServiceDraft, libvirt: LibvirtPlace | undefined): ServiceDraft {
  const { role } = workloadOfService(service)
  return {
    ...service,
    order: ORDER[role],
    replace: role === 'virtlogd' ? 'when-idle' : 'always',
    ready:
      libvirt?.service === service.name
        ? [{ kind: 'libvirt', socket: libvirt.socket, ...LIBVIRT_TIMES }]
        : [],
  }
}

/** Where the host has libvirt's directory; undefined where it is inside of the container, or no service runs libvirt. */
function placeOf(services: readonly ServiceDraft[]): LibvirtPlace | undefined {
  const libvirt = services.find((service) => workloadOfService(service).role === 'libvirt')
  if (libvirt === undefined) return undefined
  const { libvirtSocket } = workloadOfService(libvirt)
  const stateDir = hostPathOf(libvirt.container.mounts, '/run/libvirt')
  if (stateDir === undefined || !stateDir.startsWith('/')) return undefined
  return { service: libvirt.name, socket: `${stateDir}/${libvirtSocket}`, stateDir }
}

function findingsOf({ container, spec, restartedBy }: RunningService): readonly Finding[] {
  const anonymous = spec.mounts.filter(
    ({ type, source }) => type === 'volume' && /^[0-9a-f]{64}$/.test(source),
  )
  // Podman lists it as a bind of a directory that is called as its type.
  const ofKernel = container.mounts.filter(({ type, source }) => type === 'bind' && !source.startsWith('/'))
  return [
    ...ofKernel.map(({ source, target }) =>
      importFinding('KERNEL_MOUNT_LEFT_OUT', container.name, `${source} at ${target}`),
    ),
    ...(container.restartPolicy === 'no' && restartedBy === undefined
      ? [importFinding('RESTART_TAKEN_OVER', container.name, 'its engine would not start it again')]
      : []),
    ...anonymous.map(({ target }) => importFinding('VOLUME_WITHOUT_NAME', container.name, `at ${target}`)),
  ]
}
