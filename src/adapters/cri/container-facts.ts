import type { Container, ContainerStatus as Status, PodFacts } from '../../node/index.ts'
import { environmentNames, expandSlice } from '../containers/index.ts'
import type { OciRecord, RuntimeProgram } from '../containers/index.ts'
import type { ContainerStatus, Details, SandboxStatus } from './answers.ts'

/** What containerd does not say itself. */
export type Observed = Readonly<{
  record: OciRecord | undefined
  program: RuntimeProgram | undefined
  cgroupnsMode: 'host' | 'private'
  rootUpperDir: string | undefined
  taskLimit: Container['taskLimit']
}>

/** The CRI's names of namespaces (api.proto, NamespaceMode). */
const NODE = 2

const STATES: readonly Status[] = ['created', 'running', 'exited', 'dead']

/** The pod itself: the container that holds its namespaces, whose stop is StopPodSandbox. Named `NAMESPACE/POD`. */
export function sandboxFrom(status: SandboxStatus, details: Details, observed: Observed): Container {
  const pod = podFacts(status, details)
  const running = status.state === 0
  return {
    ...common(details, observed),
    id: status.id,
    name: `${pod.namespace}/${pod.name}`,
    status: running ? 'running' : 'exited',
    pid: running ? (details.pid ?? 0) : 0,
    exitCode: undefined,
    startedAt: timeOf(status.createdAt),
    imageId: '',
    image: details.image ?? '',
    labels: status.labels ?? {},
    pod,
  }
}

/** A container of a pod. Named `NAMESPACE/POD/CONTAINER`. */
export function containerFrom(
  status: ContainerStatus,
  details: Details,
  sandbox: Container,
  observed: Observed,
): Container {
  const state = STATES[status.state] ?? 'dead'
  const pid = state === 'running' ? (details.pid ?? 0) : 0
  return {
    ...common(details, observed),
    id: status.id,
    name: `${sandbox.name}/${status.metadata?.name ?? ''}`,
    status: state,
    pid,
    exitCode: state === 'exited' ? status.exitCode : undefined,
    startedAt: timeOf(status.startedAt),
    imageId: /sha256:[0-9a-f]{64}/.exec(status.imageRef)?.[0] ?? status.imageRef,
    image: status.image?.image ?? status.imageRef,
    labels: status.labels ?? {},
    ...(sandbox.pod === undefined ? {} : { pod: { ...sandbox.pod, part: 'container' } }),
  }
}

type Common = Omit<
  Container,
  'id' | 'name' | 'status' | 'pid' | 'exitCode' | 'startedAt' | 'imageId' | 'image' | 'labels' | 'pod'
>

function common(details: Details, observed: Observed): Common {
  const { config, runtimeSpec, runtimeOptions } = details
  const security = config?.linux?.security_context
  const engineCgroup = cgroupOfSpec(runtimeSpec?.linux?.cgroupsPath)
  return {
    runtime: details.runtimeType ?? '',
    runtimeFamily: observed.record?.family ?? observed.program?.family ?? 'unknown',
    runtimeVersion: observed.program?.version,
    // Of runtimes other than runc's shim (kata, gVisor), nobody knows here who makes the cgroups.
    cgroupDriver: systemdCgroup(runtimeOptions) === false ? 'cgroupfs' : 'systemd',
    privileged: security?.privileged ?? false,
    pidMode: pidModeOf(details),
    cgroupnsMode: observed.cgroupnsMode,
    networkMode: security?.namespace_options?.network === NODE ? 'host' : 'pod',
    mounts: (config?.mounts ?? []).map(({ container_path, host_path, readonly }) => ({
      type: 'bind',
      source: host_path ?? '',
      target: container_path ?? '',
      readOnly: readonly ?? false,
    })),
    environmentNames: environmentNames(runtimeSpec?.process?.env),
    // Who starts it again is the kubelet.
    restartPolicy: 'no',
    cgroupPaths: observed.record?.cgroupPaths,
    ...(engineCgroup === undefined ? {} : { engineCgroup }),
    ...(observed.taskLimit === undefined ? {} : { taskLimit: observed.taskLimit }),
    health: 'none',
    rootUpperDir: observed.rootUpperDir,
    entrypoint: runtimeSpec?.process?.args ?? [],
    command: [],
    stopSignal: 'SIGTERM',
  }
}

function podFacts({ id, metadata }: SandboxStatus, details: Details): PodFacts {
  const cgroup = podCgroup(details.config?.linux?.cgroup_parent)
  return {
    id,
    namespace: metadata?.namespace ?? '',
    name: metadata?.name ?? '',
    uid: metadata?.uid ?? '',
    ...(cgroup === undefined ? {} : { cgroup }),
    part: 'sandbox',
  }
}

/**
 * By the namespaces of the OCI spec: a pid namespace without a path is the container's own. With hostPID a container has one
 * *with* a path, that of the sandbox, which is the host's; its sandbox has none. Where the spec is gone, the wish.
 */
function pidModeOf({ runtimeSpec, config }: Details): Container['pidMode'] {
  const wish = config?.linux?.security_context?.namespace_options?.pid ?? 0
  const namespaces = runtimeSpec?.linux?.namespaces
  if (wish === NODE) return 'host'
  if (namespaces === undefined) return 'shared'
  const own = namespaces.find(({ type }) => type === 'pid')
  if (own === undefined) return 'host'
  return own.path === undefined || own.path === '' ? 'private' : 'shared'
}

/** Option `SystemdCgroup` of runc's shim; undefined where this shim has no such options. */
function systemdCgroup(options: Details['runtimeOptions']): boolean | undefined {
  if (options === undefined || options === null) return undefined
  const value = options['systemd_cgroup'] ?? options['SystemdCgroup']
  return value === true
}

function timeOf(nanoseconds: number): string | undefined {
  return nanoseconds > 0 ? new Date(nanoseconds / 1e6).toISOString() : undefined
}

/**
 * The cgroup of a container, one path below every hierarchy's root. containerd writes a path into the OCI spec, or for
 * parents that are slices `SLICE:PREFIX:NAME`, from which runc and crun make a scope (runc's docs/systemd.md).
 */
export function cgroupOfSpec(cgroupsPath: string | undefined): string | undefined {
  if (cgroupsPath === undefined || cgroupsPath === '') return undefined
  const [slice, prefix, name] = cgroupsPath.split(':')
  if (name === undefined) return absolute(cgroupsPath)
  return `${expandSlice(slice === '' || slice === undefined ? 'system.slice' : slice)}/${prefix}-${name}.scope`
}

/**
 * The cgroup of a whole pod, which the kubelet makes and removes. It gives a path, or with the systemd driver a path whose
 * last part is the slice.
 */
export function podCgroup(parent: string | undefined): string | undefined {
  const last = parent?.split('/').findLast((part) => part !== '')
  if (parent === undefined || last === undefined) return undefined
  return last.endsWith('.slice') ? expandSlice(last) : absolute(parent)
}

function absolute(path: string): string {
  return `/${path.split('/').filter(Boolean).join('/')}`
}
