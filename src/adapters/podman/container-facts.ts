import type { Container, ContainerStatus } from '../../node/index.ts'
import {
  environmentNames,
  readHealth,
  readMounts,
  readPidMode,
  readRestartPolicy,
  readTime,
  signalName,
} from '../containers/index.ts'
import type { InspectedMounts, OciRecord, RuntimeProgram } from '../containers/index.ts'

/** What is read of `GET /libpod/containers/NAME/json`. Fields come and go with versions: each may be absent. */
export type PodmanInspect = InspectedMounts &
  Readonly<{
    Id: string
    Name: string
    Image?: string
    ImageName?: string
    Path?: string
    Args?: readonly string[] | null
    OCIRuntime?: string
    State?: Readonly<{
      Status?: string
      Pid?: number
      ConmonPid?: number
      ExitCode?: number
      StartedAt?: string
      CgroupPath?: string
      Health?: PodmanHealth
      Healthcheck?: PodmanHealth
    }>
    Config?: Readonly<{
      Labels?: Readonly<Record<string, string>> | null
      Env?: readonly string[] | null
      Cmd?: readonly string[] | null
      StopSignal?: string | number
      Healthcheck?: Readonly<{ Test?: readonly string[]; Interval?: number }> | null
    }>
    HostConfig?: Readonly<{
      Privileged?: boolean
      PidMode?: string
      CgroupMode?: string
      NetworkMode?: string
      PidsLimit?: number | null
      AutoRemove?: boolean
      Init?: boolean
      RestartPolicy?: Readonly<{ Name?: string }>
    }>
    GraphDriver?: Readonly<{ Data?: Readonly<Record<string, string>> | null }>
  }>

export type PodmanHealth = Readonly<{ Status?: string; Log?: readonly Readonly<{ End?: string }>[] | null }>

/** What Podman does not say itself. */
export type Observed = Readonly<{
  record: OciRecord | undefined
  program: RuntimeProgram | undefined
  cgroupnsMode: 'host' | 'private'
  taskLimit?: Container['taskLimit']
  /** Where its conmon is gone: whether its first process is still there. */
  unwatched?: 'runs' | 'ended' | undefined
  /** Whether this Podman can change a restart policy; if not, see `restartPolicy` below. */
  canUpdate: boolean
}>

/** Podman's states are finer than Docker's. `stopped` is one that its clean-up has not reached yet. */
const STATUSES: Readonly<Record<string, ContainerStatus>> = {
  configured: 'created',
  created: 'created',
  initialized: 'created',
  running: 'running',
  stopping: 'running',
  paused: 'paused',
  stopped: 'exited',
  exited: 'exited',
  removing: 'removing',
}

export function containerFromPodman(inspect: PodmanInspect, observed: Observed): Container {
  const { State: state = {}, Config: config = {}, HostConfig: host = {} } = inspect
  const said = STATUSES[state.Status ?? ''] ?? 'dead'
  const status = observed.unwatched === 'ended' && isUp(said) ? 'dead' : said
  const startedAt = readTime(state.StartedAt)
  const ended = status === 'exited' || status === 'dead'
  const { entrypoint, command } = argvOf(inspect)
  const up = isUp(status)
  return {
    id: inspect.Id,
    name: inspect.Name,
    status,
    pid: up ? (state.Pid ?? 0) : 0,
    exitCode: startedAt !== undefined && ended ? state.ExitCode : undefined,
    startedAt,
    imageId: inspect.Image === undefined ? '' : withAlgorithm(inspect.Image),
    image: inspect.ImageName ?? '',
    labels: config.Labels ?? {},
    runtime: inspect.OCIRuntime ?? '',
    runtimeFamily: observed.record?.family ?? observed.program?.family ?? 'unknown',
    runtimeVersion: observed.program?.version,
    privileged: host.Privileged ?? false,
    pidMode: readPidMode(host.PidMode),
    cgroupnsMode: observed.cgroupnsMode,
    networkMode: host.NetworkMode ?? '',
    mounts: readMounts(inspect),
    environmentNames: environmentNames(config.Env),
    restartPolicy: restartPolicy(host.RestartPolicy?.Name, up || observed.canUpdate),
    cgroupPaths: observed.record?.cgroupPaths,
    ...(state.CgroupPath === undefined || state.CgroupPath === '' ? {} : { engineCgroup: state.CgroupPath }),
    ...(observed.unwatched === undefined || !isUp(said) ? {} : { unwatched: true }),
    autoRemove: host.AutoRemove ?? false,
    ...(typeof host.PidsLimit === 'number' ? { pidsLimit: host.PidsLimit } : {}),
    ...(observed.taskLimit === undefined ? {} : { taskLimit: observed.taskLimit }),
    health: readHealth((state.Health ?? state.Healthcheck)?.Status),
    rootUpperDir: inspect.GraphDriver?.Data?.['UpperDir'],
    entrypoint,
    command,
    stopSignal: signalName(
      config.StopSignal === undefined || config.StopSignal === '' ? 'SIGTERM' : config.StopSignal,
    ),
  }
}

function isUp(status: ContainerStatus): boolean {
  return status === 'running' || status === 'paused'
}

/** Podman writes image ids without their algorithm. */
export function withAlgorithm(id: string): string {
  return id.includes(':') ? id : `sha256:${id}`
}

/**
 * The policy in force. Before 5.1 it cannot be changed after creation, so every container carries what its release
 * may want; but Podman acts on it only while the container is up, and for one that is not, it is the same as none.
 */
function restartPolicy(name: string | undefined, inForce: boolean): Container['restartPolicy'] {
  if (!inForce && name === 'on-failure') return 'no'
  return readRestartPolicy(name)
}

/**
 * Podman 4 joins the entrypoint to one text; `Path` and `Args` are the whole argv, whose end is `Cmd`.
 * With an init of Podman's, the argv begins with that: `/dev/init -- …` (4.3), `/run/podman-init -- …` (later).
 */
export function argvOf({ Path = '', Args, Config, HostConfig }: PodmanInspect): {
  entrypoint: readonly string[]
  command: readonly string[]
} {
  const all = [Path, ...(Args ?? [])]
  const argv = HostConfig?.Init === true && all[1] === '--' ? all.slice(2) : all
  const command = Config?.Cmd ?? []
  const split = argv.length - command.length
  const endsWithCommand = split >= 0 && command.every((word, index) => argv[split + index] === word)
  return endsWithCommand ? { entrypoint: argv.slice(0, split), command } : { entrypoint: argv, command: [] }
}
