import type { IronicRules } from '../../core/index.ts'
import type { ConfigDrive, MetalNode, NodeChange, Validation } from '../../metal/index.ts'
import type { NetworkPort, Viewer } from '../../ports/index.ts'

/** The API of Ironic, as far as Anneal asks it; `ironicProvisioner` makes capabilities of it. */
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

export type ConsoleInfo = Readonly<{ enabled: boolean; type?: string; url?: string }>

export type DriverFacts = Readonly<{ name: string; deployInterfaces: readonly string[] }>
