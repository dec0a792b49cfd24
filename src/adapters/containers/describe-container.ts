import { pinnedReference } from '../../node/index.ts'
import type { HeldImage } from '../../node/index.ts'
import type { ContainerSpec, HealthcheckSpec, MountSpec, PortSpec } from '../../ports/index.ts'
import { readRestartPolicy } from './read-inspect.ts'

type Texts = readonly string[] | null
type Health = Readonly<{
  Test?: Texts
  Interval?: number
  Timeout?: number
  StartPeriod?: number
  Retries?: number
}>

/** What a container or an image was told, in the words of Docker's API, which Podman's inspection uses, too. */
export type InspectedConfig = Readonly<{
  Env?: Texts
  Entrypoint?: Texts | string
  Cmd?: Texts
  User?: string
  WorkingDir?: string
  Hostname?: string
  StopSignal?: string | number
  StopTimeout?: number
  Labels?: Readonly<Record<string, string>> | null
  Healthcheck?: Health | null
}>

export type InspectedHost = Readonly<{
  Binds?: Texts
  Mounts?:
    | readonly Readonly<{
        Type?: string
        Target?: string
        TmpfsOptions?: Readonly<{ SizeBytes?: number; Mode?: number }>
      }>[]
    | null
  Tmpfs?: Readonly<Record<string, string>> | null
  Privileged?: boolean
  CapAdd?: Texts
  CapDrop?: Texts
  SecurityOpt?: Texts
  Devices?:
    | readonly Readonly<{ PathOnHost?: string; PathInContainer?: string; CgroupPermissions?: string }>[]
    | null
  NetworkMode?: string
  PidMode?: string
  IpcMode?: string
  UTSMode?: string
  CgroupnsMode?: string
  CgroupParent?: string
  Ulimits?: readonly Readonly<{ Name?: string; Soft?: number; Hard?: number }>[] | null
  Sysctls?: Readonly<Record<string, string>> | null
  Init?: boolean | null
  ReadonlyRootfs?: boolean
  ShmSize?: number
  Memory?: number
  NanoCpus?: number
  PidsLimit?: number | null
  OomScoreAdj?: number
  LogConfig?: Readonly<{ Type?: string; Config?: Readonly<Record<string, string>> | null }>
  ExtraHosts?: Texts
  PortBindings?: Readonly<
    Record<string, readonly Readonly<{ HostIp?: string; HostPort?: string }>[] | null>
  > | null
  RestartPolicy?: Readonly<{ Name?: string }>
}>

export type InspectedContainer = Readonly<{
  id: string
  name: string
  config: InspectedConfig
  host: InspectedHost
  mounts: readonly Readonly<{
    Type?: string
    Name?: string
    Source?: string
    Destination?: string
    RW?: boolean
    Propagation?: string
  }>[]
  /** What the engine adds by itself where nothing is said. */
  defaults: Readonly<{
    logDriver: string
    ulimits: readonly string[]
    pidsLimit: number
    ipcModes: readonly string[]
    /** Names of variables. */
    environment: readonly string[]
  }>
}>

const NS_PER_MS = 1_000_000
/** /dev/shm of a container that is told nothing (dockerd(8), podman-run(1)). */
const SHM_BYTES = 64 * 1024 * 1024
/** Written by the tool or engine that made the container: not its user's. */
const FOREIGN_LABEL = /^(com\.docker\.compose\.|io\.podman\.|io\.anneal\.|PODMAN_SYSTEMD_UNIT$)/

/**
 * What a container would be made of again: all that it was told, less what its image or its engine says anyway. The
 * image is named by digest where a registry knows it, else by its id.
 */
export function specFromInspect(
  { id, name, config, host, mounts, defaults }: InspectedContainer,
  imageConfig: InspectedConfig,
  image: Readonly<{ reference: string; held: HeldImage }>,
): ContainerSpec {
  const imageEnv = new Set(imageConfig.Env ?? [])
  const env = (config.Env ?? [])
    .filter((entry) => !imageEnv.has(entry))
    .map((entry) => split(entry))
    .filter(([variable]) => !defaults.environment.includes(variable))
  const nothing = host.NetworkMode === 'host' || id.startsWith(config.Hostname ?? '')
  return compact<ContainerSpec>({
    name,
    image: pinnedReference(image.reference, image.held),
    labels: own(config.Labels ?? {}, imageConfig.Labels ?? {}),
    ...argv(config, imageConfig),
    environment: Object.fromEntries(env),
    user: differing(config.User, imageConfig.User),
    workingDir: differing(config.WorkingDir, imageConfig.WorkingDir ?? '/'),
    hostname: nothing ? undefined : config.Hostname,
    privileged: host.Privileged ?? false,
    capAdd: host.Privileged === true ? [] : caps(host.CapAdd),
    capDrop: caps(host.CapDrop),
    securityOpt: securityOptions(host),
    devices: host.Privileged === true ? [] : devices(host),
    networkMode:
      host.NetworkMode === undefined || host.NetworkMode === 'default' ? 'bridge' : host.NetworkMode,
    ports: ports(host),
    pidMode: mode(host.PidMode, ['private']),
    ipcMode: mode(host.IpcMode, defaults.ipcModes),
    utsMode: mode(host.UTSMode, ['private']),
    cgroupnsMode:
      host.CgroupnsMode === 'host' || host.CgroupnsMode === 'private' ? host.CgroupnsMode : undefined,
    cgroupParent: differing(host.CgroupParent, ''),
    mounts: mounts.flatMap((one) => mountOf(one, host)).toSorted((a, b) => (a.target < b.target ? -1 : 1)),
    ulimits: ulimits(host, defaults.ulimits),
    sysctls: host.Sysctls ?? {},
    stopSignal: signal(config.StopSignal, imageConfig.StopSignal),
    stopGraceMs: config.StopTimeout === undefined ? undefined : config.StopTimeout * 1000,
    init: host.Init === true ? true : undefined,
    readOnly: host.ReadonlyRootfs === true ? true : undefined,
    shmSizeBytes: positive(hasOwnShm(host) && host.ShmSize !== SHM_BYTES ? host.ShmSize : 0),
    memoryBytes: positive(host.Memory),
    cpus: positive((host.NanoCpus ?? 0) / 1e9),
    pidsLimit: positive(host.PidsLimit === defaults.pidsLimit ? 0 : (host.PidsLimit ?? 0)),
    oomScoreAdj: host.OomScoreAdj === 0 ? undefined : host.OomScoreAdj,
    restartPolicy: readRestartPolicy(host.RestartPolicy?.Name),
    healthcheck: healthcheck(config, imageConfig),
    ...logging(host, defaults.logDriver),
    extraHosts: host.ExtraHosts ?? [],
  })
}

/** An entrypoint of one's own takes the image's command away, too. */
function argv(config: InspectedConfig, image: InspectedConfig): Partial<ContainerSpec> {
  const entrypoint = listed(config.Entrypoint)
  const command = config.Cmd ?? []
  if (!same(entrypoint, listed(image.Entrypoint))) return { entrypoint, command }
  return same(command, image.Cmd ?? []) ? {} : { command }
}

function listed(value: InspectedConfig['Entrypoint']): readonly string[] {
  const words = typeof value === 'string' ? value.split(' ') : (value ?? [])
  return words.filter((word) => word !== '')
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((word, index) => word === b[index])
}

function split(entry: string): readonly [string, string] {
  const equals = entry.indexOf('=')
  return equals === -1 ? [entry, ''] : [entry.slice(0, equals), entry.slice(equals + 1)]
}

function own(
  labels: Readonly<Record<string, string>>,
  image: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(labels).filter(([name, value]) => image[name] !== value && !FOREIGN_LABEL.test(name)),
  )
}

function differing(value: string | undefined, usual: string | undefined): string | undefined {
  return value === undefined || value === '' || value === usual ? undefined : value
}

function caps(list: Texts | undefined): readonly string[] {
  const names = (list ?? []).map((name) => (/^(CAP_|ALL$)/.test(name) ? name : `CAP_${name}`))
  return [...new Set(names)].toSorted()
}

/** An engine switches labels off by itself where a container sees the host's processes. */
function securityOptions({ SecurityOpt, Privileged, PidMode, IpcMode }: InspectedHost): readonly string[] {
  const implied = Privileged === true || PidMode === 'host' || IpcMode === 'host'
  return (SecurityOpt ?? []).filter((option) => !(implied && /^label[=:]disable$/.test(option))).toSorted()
}

function devices({ Devices }: InspectedHost): readonly string[] {
  return (Devices ?? [])
    .map(({ PathOnHost = '', PathInContainer, CgroupPermissions }) =>
      [PathOnHost, PathInContainer || PathOnHost, CgroupPermissions || 'rwm'].join(':'),
    )
    .toSorted()
}

function ports({ PortBindings }: InspectedHost): readonly PortSpec[] | undefined {
  const found = Object.entries(PortBindings ?? {}).flatMap(([key, bindings]): PortSpec[] => {
    const [target, protocol] = key.split('/')
    return (bindings ?? []).map(({ HostIp = '', HostPort }) => ({
      hostIp: HostIp === '0.0.0.0' ? '' : HostIp,
      published: Number(HostPort),
      target: Number(target),
      protocol: protocol === 'udp' || protocol === 'sctp' ? protocol : 'tcp',
    }))
  })
  return found.length === 0 ? undefined : found
}

/** With the IPC namespace of the host or of another container, Podman tells a size and refuses to be told one. */
function hasOwnShm({ IpcMode = '' }: InspectedHost): boolean {
  return IpcMode !== 'host' && !/^(container|ns):/.test(IpcMode)
}

function mode(value: string | undefined, usual: readonly string[]): string | undefined {
  return value === undefined || value === '' || usual.includes(value) ? undefined : value
}

function mountOf(
  { Type, Name, Source, Destination = '', RW, Propagation }: InspectedContainer['mounts'][number],
  host: InspectedHost,
): readonly MountSpec[] {
  const target = withoutEnd(Destination)
  const readOnly = RW === false
  if (Type === 'volume') return [{ type: 'volume', source: Name ?? '', target, readOnly }]
  if (Type === 'tmpfs') {
    const options = host.Mounts?.find((one) => one.Target === target)?.TmpfsOptions
    const written = new Map((host.Tmpfs?.[target] ?? '').split(',').map((option) => split(option)))
    const size = options?.SizeBytes ?? bytes(written.get('size'))
    const tmpfsMode = options?.Mode ?? octal(written.get('mode'))
    return [
      compact<MountSpec>({
        type: 'tmpfs',
        source: '',
        target,
        readOnly: readOnly || written.has('ro'),
        tmpfsSizeBytes: positive(size),
        tmpfsMode: positive(tmpfsMode),
      }),
    ]
  }
  // A source that is no path is a file system of the kernel, as Podman lists it: devpts.
  if (Type !== 'bind' || Source?.startsWith('/') !== true) return []
  // `-v` makes a host directory that is missing, `--mount` does not.
  const made = (host.Binds ?? []).some((bind) => withoutEnd(bind.split(':')[1] ?? '') === target)
  const propagation = Propagation === '' || Propagation === 'rprivate' ? undefined : Propagation
  return [
    compact<MountSpec>({
      type: 'bind',
      source: Source,
      target,
      readOnly,
      propagation,
      createHostPath: made,
    }),
  ]
}

/** Docker takes the slash at the end of a path away, Podman keeps it. */
function withoutEnd(path: string): string {
  return path.replace(/(.)\/$/, '$1')
}

function bytes(text: string | undefined): number | undefined {
  const [, digits, unit = ''] = /^(\d+)([kmg]?)$/i.exec(text ?? '') ?? []
  return digits === undefined ? undefined : Number(digits) * 1024 ** ' kmg'.indexOf(unit.toLowerCase() || ' ')
}

function octal(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number.parseInt(text, 8)
}

function ulimits({ Ulimits }: InspectedHost, usual: readonly string[]): ContainerSpec['ulimits'] {
  const named = (Ulimits ?? []).map(({ Name = '', Soft = 0, Hard = 0 }) => ({
    name: Name.replace(/^RLIMIT_/, '').toLowerCase(),
    soft: Soft,
    hard: Hard,
  }))
  return Object.fromEntries(
    named.filter(({ name }) => !usual.includes(name)).map(({ name, soft, hard }) => [name, { soft, hard }]),
  )
}

function signal(value: string | number | undefined, usual: string | number | undefined): string | undefined {
  if (value === undefined || value === '' || value === usual) return undefined
  return value === 'SIGTERM' || value === 15 || value === '15' ? undefined : String(value)
}

function healthcheck(config: InspectedConfig, image: InspectedConfig): HealthcheckSpec | undefined {
  const { Healthcheck: check } = config
  const test = check?.Test ?? []
  if (check === undefined || check === null || test.length === 0) return undefined
  if (JSON.stringify(check) === JSON.stringify(image.Healthcheck)) return undefined
  if (test[0] === 'NONE') return { test: ['NONE'] }
  const ms = (value: number | undefined): number | undefined => positive(Math.round((value ?? 0) / NS_PER_MS))
  return compact<HealthcheckSpec>({
    test,
    intervalMs: ms(check.Interval),
    timeoutMs: ms(check.Timeout),
    startPeriodMs: ms(check.StartPeriod),
    retries: positive(check.Retries),
  })
}

function logging({ LogConfig }: InspectedHost, usual: string): Partial<ContainerSpec> {
  const options = LogConfig?.Config ?? {}
  const driver = LogConfig?.Type ?? ''
  if (driver === '' || (driver === usual && Object.keys(options).length === 0)) return {}
  return { logDriver: driver, ...(Object.keys(options).length === 0 ? {} : { logOptions: options }) }
}

function positive(value: number | undefined): number | undefined {
  return value === undefined || value <= 0 ? undefined : value
}

/** Leaves out members that are undefined, as `exactOptionalPropertyTypes` asks. */
function compact<T extends object>(value: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T
}
