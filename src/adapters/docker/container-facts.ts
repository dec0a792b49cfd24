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

/** What is read of `GET /containers/ID/json`. Fields come and go with versions: each may be absent. */
export type DockerInspect = InspectedMounts &
  Readonly<{
    Id: string
    Name: string
    Image: string
    State?: Readonly<{
      Status?: string
      Pid?: number
      ExitCode?: number | undefined
      StartedAt?: string
      Health?: Readonly<{ Status?: string }>
    }>
    Config?: Readonly<{
      Image?: string
      Labels?: Readonly<Record<string, string>> | null
      Env?: readonly string[] | null
      Entrypoint?: readonly string[] | string | null
      Cmd?: readonly string[] | null
      StopSignal?: string
      Tty?: boolean
    }>
    HostConfig?: Readonly<{
      Runtime?: string
      Privileged?: boolean
      PidMode?: string
      CgroupnsMode?: string
      CgroupParent?: string
      NetworkMode?: string
      PidsLimit?: number | null
      AutoRemove?: boolean
      RestartPolicy?: Readonly<{ Name?: string }>
    }>
    GraphDriver?: Readonly<{ Data?: Readonly<Record<string, string>> | null }>
    /** Not Docker's own word: the container has ended, and Docker calls it running. `State` is then as it really is. */
    endUnnoticed?: true
  }>

/** What the engine does not say itself. */
export type Observed = Readonly<{
  record: OciRecord | undefined
  program: RuntimeProgram | undefined
  cgroupnsMode: 'host' | 'private'
  taskLimit?: Container['taskLimit']
  rootUpperDir: string | undefined
  engineCgroup: string | undefined
}>

const STATUSES: readonly ContainerStatus[] = [
  'created',
  'running',
  'paused',
  'restarting',
  'exited',
  'removing',
  'dead',
]

export function containerFromDocker(inspect: DockerInspect, observed: Observed): Container {
  const { State: state = {}, Config: config = {}, HostConfig: host = {} } = inspect
  const status = STATUSES.find((known) => known === state.Status) ?? 'dead'
  const startedAt = readTime(state.StartedAt)
  const ended = status === 'exited' || status === 'dead'
  return {
    id: inspect.Id,
    name: inspect.Name.replace(/^\//, ''),
    status,
    pid: state.Pid ?? 0,
    exitCode: startedAt !== undefined && ended ? state.ExitCode : undefined,
    startedAt,
    imageId: inspect.Image,
    image: config.Image ?? '',
    labels: config.Labels ?? {},
    runtime: host.Runtime ?? '',
    runtimeFamily: observed.record?.family ?? observed.program?.family ?? 'unknown',
    runtimeVersion: observed.program?.version,
    privileged: host.Privileged ?? false,
    pidMode: readPidMode(host.PidMode),
    cgroupnsMode: observed.cgroupnsMode,
    networkMode: host.NetworkMode ?? '',
    mounts: readMounts(inspect),
    environmentNames: environmentNames(config.Env),
    restartPolicy: readRestartPolicy(host.RestartPolicy?.Name),
    cgroupPaths: observed.record?.cgroupPaths,
    ...(observed.engineCgroup === undefined ? {} : { engineCgroup: observed.engineCgroup }),
    ...(inspect.endUnnoticed === undefined ? {} : { endUnnoticed: inspect.endUnnoticed }),
    autoRemove: host.AutoRemove ?? false,
    ...(typeof host.PidsLimit === 'number' ? { pidsLimit: host.PidsLimit } : {}),
    ...(observed.taskLimit === undefined ? {} : { taskLimit: observed.taskLimit }),
    health: readHealth(state.Health?.Status),
    rootUpperDir: inspect.GraphDriver?.Data?.['UpperDir'] ?? observed.rootUpperDir,
    entrypoint: typeof config.Entrypoint === 'string' ? [config.Entrypoint] : (config.Entrypoint ?? []),
    command: config.Cmd ?? [],
    stopSignal: signalName(
      config.StopSignal === undefined || config.StopSignal === '' ? 'SIGTERM' : config.StopSignal,
    ),
  }
}
