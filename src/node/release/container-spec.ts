import type { Container } from '../container.ts'

/** A service of a release, translated for an engine. Secret values are never in it: secrets are files that are bind-mounted. */
export type ContainerSpec = Readonly<{
  name: string
  image: string
  labels: Readonly<Record<string, string>>
  entrypoint?: readonly string[]
  command?: readonly string[]
  environment: Readonly<Record<string, string>>
  user?: string
  workingDir?: string
  hostname?: string
  privileged: boolean
  capAdd: readonly string[]
  capDrop: readonly string[]
  securityOpt: readonly string[]
  /** `/host/path:/container/path:rwm`. */
  devices: readonly string[]
  networkMode: string
  /** Published ports; only ever present with a bridge network. */
  ports?: readonly PortSpec[]
  pidMode?: string
  ipcMode?: string
  utsMode?: string
  cgroupnsMode?: 'host' | 'private'
  cgroupParent?: string
  mounts: readonly MountSpec[]
  ulimits: Readonly<Record<string, { soft: number; hard: number }>>
  sysctls: Readonly<Record<string, string>>
  stopSignal?: string
  stopGraceMs?: number
  init?: boolean
  readOnly?: boolean
  shmSizeBytes?: number
  memoryBytes?: number
  cpus?: number
  pidsLimit?: number
  oomScoreAdj?: number
  restartPolicy: Container['restartPolicy']
  healthcheck?: HealthcheckSpec
  logDriver?: string
  logOptions?: Readonly<Record<string, string>>
  /** `name:address`. */
  extraHosts: readonly string[]
}>

export type MountSpec = Readonly<{
  type: 'bind' | 'volume' | 'tmpfs'
  source: string
  target: string
  readOnly: boolean
  /** Bind propagation: rprivate, rshared, rslave, … */
  propagation?: string
  /** Make the host directory if it is absent (Compose's `create_host_path`). */
  createHostPath?: boolean
  tmpfsSizeBytes?: number
  tmpfsMode?: number
}>

export type PortSpec = Readonly<{
  /** Host address to listen on; '' for all of them. */
  hostIp: string
  published: number
  target: number
  protocol: 'tcp' | 'udp' | 'sctp'
}>

export type HealthcheckSpec = Readonly<{
  /** `['CMD', …]`, `['CMD-SHELL', text]` or `['NONE']`. */
  test: readonly string[]
  intervalMs?: number
  timeoutMs?: number
  startPeriodMs?: number
  retries?: number
}>
