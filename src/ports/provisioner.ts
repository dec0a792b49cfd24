import type { IronicRules } from '../core/index.ts'
import type {
  BmcLogin,
  ConfigDrive,
  InventoryNode,
  MetalNode,
  Preparation,
  Registered,
  Validation,
} from '../metal/index.ts'

/**
 * What knows machines and carries them through their lives, whoever does it: Ironic, or a conductor. The capabilities are
 * those of metal3's `Provisioner` (baremetal-operator, pkg/provisioner/provisioner.go). A call asks and comes back before
 * it is done; what the machine is then tells how far it is. test/fixtures/provisioner-contract.ts holds every
 * implementation to this.
 */
export interface Provisioner extends Machines, Registrar, Lifecycle, Consoles {}

/** Who reads machines needs no more. */
export interface Machines {
  /** All that this login is shown. */
  machines(): Promise<readonly MetalNode[]>
  /** By uuid or name; undefined where there is none. */
  machine(nameOrUuid: string): Promise<MetalNode | undefined>
  /** Its network ports: those that were registered, and those that an inspection found. */
  ports(machine: MetalNode): Promise<readonly NetworkPort[]>
  /** How a disk of this machine can be written; `hidden` where this login is not told, `nobody` where no one runs its driver. */
  deployMethods(machine: MetalNode): Promise<readonly string[] | 'hidden' | 'nobody'>
  /** Who is logged in, for people, and whether that login may be shown fewer machines than there are. */
  viewer(): Promise<Viewer>
  facts(): Promise<ProvisionerFacts>
}

export interface Registrar {
  /**
   * Makes the machine known as the inventory says, or brings a known one in line with it. Interrupted anywhere, a second call
   * finishes. The login never comes back in an error. Throws METAL_NODE_MISMATCH, METAL_NODE_MAINTENANCE.
   */
  register(wanted: InventoryNode, login: BmcLogin): Promise<Registered>
  /** What `register` would do. Changes nothing, and throws the same. */
  previewRegister(wanted: InventoryNode): Promise<Pick<Registered, 'outcome' | 'changes'>>
}

export interface Lifecycle {
  /** Tries the login of its BMC; the machine is manageable then. */
  manage(machine: MetalNode): Promise<void>
  /** Finds out what the machine is made of. It has to be manageable, and is so again afterwards. */
  inspect(machine: MetalNode): Promise<void>
  /** Makes a manageable machine available, with nothing on its disks. */
  provide(machine: MetalNode): Promise<void>
  /** Ends what is under way, as far as that can be ended. */
  abort(machine: MetalNode): Promise<void>
  /** The machine is to become `wanted`. What no deployment decides stays as it is. Idempotent. */
  prepare(machine: MetalNode, wanted: Preparation): Promise<void>
  /** Takes away what was prepared. Does nothing where no deployment of Anneal prepared the machine. Idempotent. */
  withdraw(machine: MetalNode): Promise<void>
  /** Whether what was prepared can be deployed, by each part that has a say. Changes nothing. */
  check(machine: MetalNode): Promise<readonly Validation[]>
  /** Deploys what was prepared. The config drive never comes back in an error or a record. */
  deploy(machine: MetalNode, wishes?: DeployOrder): Promise<void>
  /** Boots what was prepared on a machine that is deployed. Its disk is not written. */
  boot(machine: MetalNode): Promise<void>
  /**
   * Ends what is deployed, with everything that was kept for it, and gives the machine back. `keeps` are added to what no disk
   * that is wiped may hold (`label=data`).
   */
  release(machine: MetalNode, keeps?: readonly string[]): Promise<void>
  /** On: does nothing where it is on. Restarted: off and on again. */
  power(machine: MetalNode, wanted: 'on' | 'restarted'): Promise<void>
}

export interface Consoles {
  /** Where the machine's console is read. Changes nothing. Throws CONSOLE_UNAVAILABLE where it has none. */
  console(machine: MetalNode): Promise<ConsolePlace>
  /** Switches a console on that is off. Throws CONSOLE_UNAVAILABLE. */
  startConsole(machine: MetalNode): Promise<void>
  /** Listens to a console that is passed on (`conductor:UUID`), until the signal. */
  listen(uuid: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>
}

/** `tcp:HOST:PORT`, or `conductor:UUID`, which `listen` reads; `starting`: it is on, and its place is not yet known. */
export type ConsolePlace = Readonly<
  { state: 'on'; source: string } | { state: 'off' } | { state: 'starting' }
>

export type DeployOrder = Readonly<{
  configDrive?: ConfigDrive
  /** `off`: the machine is left off once its disk is written, and does not boot it. By default it boots. */
  afterwards?: 'boots' | 'off'
}>

export type Viewer = Readonly<{
  /** `user "admin" of project "demo" (roles member, reader)`. */
  who: string
  isLimited: boolean
}>

export type ProvisionerFacts = Readonly<{
  /** The version of the API that is spoken, for people. */
  api: string
  /** Whose grammar of kernel arguments it has; undefined for releases of which that is not known (Ironic 30 to 34). */
  argumentRules?: IronicRules
  /** Whether it fetches images from OCI registries. */
  takesArtifacts: boolean
}>

export type NetworkPort = Readonly<{
  uuid: string
  address: string
  pxeEnabled: boolean
  /** `local_link_connection`: the port of a switch that it hangs on, as far as that is known. */
  link?: Readonly<{ switchId?: string; portId?: string; switchInfo?: string }>
}>
