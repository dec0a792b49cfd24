import type { LibvirtFacts, LibvirtPlace } from '../node/index.ts'
import type { Engine } from './engine.ts'
import type { Clock, Disk, GuestFiles, HostReader, Hypervisor, ProcessReader, Rescuer } from './host.ts'
import type { StateStore } from './state.ts'

/** The whole world of one node, as its runtime sees it. Adapters make the real one, tests a simulated one. */
export type NodeWorld = Readonly<{
  engine: Engine
  processes: ProcessReader
  host: HostReader
  /** The hypervisor that listens at a place. */
  hypervisor: (place: LibvirtPlace) => Hypervisor
  guestFiles: (place: LibvirtPlace) => GuestFiles
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
   * Whether the libvirt in the image loads these status files: it is run isolated (no network, no host mounts,
   * namespaces of its own) on copies of them. Gives the names it refuses.
   */
  refusedStatusFiles(
    imageId: string,
    files: readonly Readonly<{ name: string; xml: string }>[],
  ): Promise<readonly string[]>
  /** Prepares the new container's libvirt so that its first start need not probe QEMU. Returns what was done. */
  prewarm(containerId: string, imageId: string): Promise<string>
}

/** Whether something listens. */
export interface Reach {
  unix(path: string, timeoutMs: number): Promise<boolean>
  tcp(host: string, port: number, timeoutMs: number): Promise<boolean>
}
