import type { HookTried, LibvirtFacts, LibvirtPlace, MountSpec } from '../node/index.ts'
import type { NodeEngine } from './engine.ts'
import type {
  Clock,
  Disk,
  GuestFiles,
  GuestLogs,
  HostReader,
  Hypervisor,
  JobReader,
  ProcessReader,
  Rescuer,
  UnitControl,
} from './host.ts'
import type { StateStore } from './state.ts'

/** The whole world of one node, as its runtime sees it. Adapters make the real one, tests a simulated one. */
export type NodeWorld = Readonly<{
  engine: NodeEngine
  processes: ProcessReader
  host: HostReader
  units: UnitControl
  jobs: JobReader
  /** The hypervisor that listens at a place. */
  hypervisor: (place: LibvirtPlace) => Hypervisor
  guestFiles: (place: Pick<LibvirtPlace, 'stateDir'>) => GuestFiles
  guestLogs: GuestLogs
  rescuer: Rescuer
  images: ImageProbe
  disk: Disk
  net: Reach
  clock: Clock
  state: StateStore
}>

/** Asks images what they are, by running them isolated. */
export interface ImageProbe {
  /** Facts of the libvirt in an image; undefined where the image has none. Cached by image id. */
  libvirtFacts(imageId: string): Promise<LibvirtFacts | undefined>
  /**
   * Gives an image's libvirt guests to read: it is run isolated (no network, no host mounts, namespaces of its own)
   * on these status files and on one made up for each flag. undefined where the image has no libvirt to ask.
   */
  readGuests(imageId: string, question: GuestsToRead): Promise<GuestsRead | undefined>
  /**
   * Calls the image's hooks for guests, or those that the mounts bring, as libvirt does when it has a running guest back: run
   * isolated. Empty where there is no hook, undefined where the image does not run what would call them.
   */
  tryHooks(imageId: string, question: HooksToTry): Promise<readonly HookTried[] | undefined>
  /** Types of storage pools that the image's libvirt has a driver for; undefined where it cannot be asked. Kept by image id. */
  poolTypes(imageId: string): Promise<readonly string[] | undefined>
  /** Files of network filters that the image has, as `clean-traffic.xml`; undefined where it cannot be asked. Kept by image id. */
  networkFilters(imageId: string): Promise<readonly string[] | undefined>
  /** Prepares the new container's libvirt so that its first start need not probe QEMU. Returns what was done. */
  prewarm(containerId: string, imageId: string): Promise<string>
}

/** Whether something listens. */
export interface Reach {
  unix(path: string, timeoutMs: number): Promise<boolean>
  tcp(host: string, port: number, timeoutMs: number): Promise<boolean>
}

export type GuestsToRead = Readonly<{
  statusFiles: readonly Readonly<{ name: string; xml: string }>[]
  flags: readonly string[]
}>

export type HooksToTry = Readonly<{
  /** Their names, and their status files. */
  guests: readonly Readonly<{ name: string; xml: string }>[]
  /** What of the host holds hooks; empty where they can only be the image's own. */
  mounts: readonly MountSpec[]
}>

export type GuestsRead = Readonly<{
  /** Names of the status files that it does not load. */
  refused: readonly string[]
  /** Flags that it does not know. */
  unknownFlags: readonly string[]
}>
