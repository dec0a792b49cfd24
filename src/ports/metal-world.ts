import type { IronicRules } from '../core/index.ts'
import type { DeploymentDocument, DeploymentNote } from '../contract/index.ts'
import type { ConfigDrive, ImageFacts, MetalNode, NodeChange, Validation } from '../metal/index.ts'
import type { Compute } from './compute.ts'
import type { Clock } from './host.ts'
import type { Provisioner } from './provisioner.ts'

/**
 * The API of Ironic, for what no capability names yet: reading, registering, inspecting, consoles. Deployments go through
 * `Provisioner`. Each call throws the adapter's own errors.
 */
export interface BareMetal {
  /** The version of the API that is spoken. */
  version(): Promise<string>
  /** Who is logged in, for people, and whether that login may be shown fewer machines than there are. */
  viewer(): Promise<Viewer>
  /** The machines that this login is shown; those that the service's own list leaves out, too, where they can be found. */
  nodes(): Promise<readonly MetalNode[]>
  /** By uuid or name; undefined where there is none. */
  node(nameOrUuid: string): Promise<MetalNode | undefined>
  /** Secrets in `driverInfo` are sent and never told again. */
  createNode(spec: NodeSpec): Promise<MetalNode>
  changeNode(uuid: string, changes: readonly NodeChange[], secrets?: readonly string[]): Promise<MetalNode>
  removeNode(uuid: string): Promise<void>
  ports(uuid: string): Promise<readonly NetworkPort[]>
  createPort(nodeUuid: string, port: Omit<NetworkPort, 'uuid'>): Promise<NetworkPort>
  setTraits(uuid: string, traits: readonly string[]): Promise<void>
  validate(uuid: string): Promise<readonly Validation[]>
  /** Whether `rebuild` is taken of a node that names no image: from Ironic 26.1 on the conductor fails on that. */
  rebuildsWithoutImage(): Promise<boolean>
  /** Whose grammar of kernel arguments it has; undefined for releases of which that is not known (30 to 34). */
  argumentRules(): Promise<IronicRules | undefined>
  /** Whether it fetches images from OCI registries: from Ironic 29 on. */
  takesArtifacts(): Promise<boolean>
  /** Asks for a state and does not wait for it. */
  provision(uuid: string, verb: ProvisionVerb, wishes?: ProvisionWishes): Promise<void>
  /** Asks for power on, or for off and on again, and does not wait for it. Power on is nothing where it is on. */
  power(uuid: string, wanted: 'on' | 'restarted'): Promise<void>
  console(uuid: string): Promise<ConsoleInfo>
  setConsole(uuid: string, wanted: 'on' | 'off'): Promise<void>
  /** Listens to a console that the service itself passes on (`ConsoleInfo.type` is `anneal`), until the signal. */
  listen(uuid: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>
  /** Undefined where no conductor runs it; `hidden` where this login is not shown drivers. */
  driver(name: string): Promise<DriverFacts | 'hidden' | undefined>
}

export type Viewer = Readonly<{
  /** `user "admin" of project "demo" (roles member, reader)`. */
  who: string
  isLimited: boolean
}>

export type ProvisionVerb = 'manage' | 'provide' | 'inspect' | 'active' | 'rebuild' | 'deleted' | 'abort'

export type ProvisionWishes = Readonly<{
  configDrive?: ConfigDrive
  /** Steps of the deployment that are left out, as `deploy.boot_instance`. */
  skippedSteps?: readonly string[]
}>

export type NodeSpec = Readonly<{
  name: string
  driver: string
  driverInfo: Readonly<Record<string, unknown>>
  properties: Readonly<Record<string, unknown>>
  extra: Readonly<Record<string, unknown>>
  resourceClass?: string
  /** `deploy_interface` and others of the node, by the service's own names. */
  interfaces: Readonly<Record<string, string>>
  /** Values in driverInfo that must not come back in an error. */
  secrets: readonly string[]
}>

export type NetworkPort = Readonly<{
  uuid: string
  address: string
  pxeEnabled: boolean
  /** `local_link_connection`: the port of a switch that it hangs on, as far as that is known. */
  link?: Readonly<{ switchId?: string; portId?: string; switchInfo?: string }>
}>

export type ConsoleInfo = Readonly<{ enabled: boolean; type?: string; url?: string }>

export type DriverFacts = Readonly<{ name: string; deployInterfaces: readonly string[] }>

/** Where images are registered: Glance. */
export interface ImageRegistry {
  /** By id or name; throws where there is none or there are several. */
  find(nameOrId: string): Promise<ImageFacts>
}

/** What answers on a machine that was deployed. */
export interface Machine {
  /** The greeting of an SSH server (RFC 4253, 4.2), or undefined where nothing answers yet. */
  sshBanner(host: string, port: number, timeoutMs: number): Promise<string | undefined>
  /**
   * Opens a console: `file:PATH`, `unix:PATH`, `tcp:HOST:PORT`; `conductor:UUID`, a node of the conductor that is asked. A file is read from the byte `from` on, where that is
   * known; a socket has only what comes from now on. Throws CONSOLE_UNREADABLE for a source of another kind.
   */
  openConsole(source: string, from: number | 'now'): Promise<MachineConsole>
}

export interface MachineConsole {
  /** Where in the file reading began; undefined for a socket. */
  readonly position: number | undefined
  /** What was written since the last call; '' where there is nothing new, or nobody to write (the machine is off). */
  read(): Promise<string>
  close(): Promise<void>
}

/** Records of deployments, on this machine. */
export interface DeploymentRecords {
  /** Replaces the record of one deployment of a node durably; gives where it is. */
  save(nodeUuid: string, deployment: string, record: DeploymentDocument | DeploymentNote): Promise<string>
  read(nodeUuid: string, deployment: string): Promise<unknown>
}

/** What the runtime needs to put an image on a machine. */
export type MetalWorld = Readonly<{
  metal: BareMetal
  /** Carries its machines through their deployments. */
  provisioner: Provisioner
  /** Asked only for what goes by way of it: many clouds, and every Ironic by itself, have none. */
  compute: Compute
  machine: Machine
  records: DeploymentRecords
  clock: Clock
}>
