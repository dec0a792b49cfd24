import type { CgroupLine, Namespaces, ProcessId } from './process.ts'

/** What must still be true of a guest or helper after an upgrade. */
export type Identity = ProcessId &
  Readonly<{
    /** `device:inode` of the executable. */
    exeInode: string
    namespaces: Namespaces | undefined
    cgroups: readonly CgroupLine[]
  }>

/** A virtual machine's QEMU process. */
export type Guest = Readonly<{
  /** libvirt UUID, lower case with dashes. From the QEMU command line; equal to libvirt's status file where one exists. */
  uuid: string
  /** libvirt domain name. */
  name: string
  identity: Identity
  /** Container the process runs from (its root overlay), where that is known. */
  ownerContainer?: string
  /** The release of that container. */
  ownerRelease?: string
  /** Emulator path, as in /proc/PID/exe. */
  emulator: string
  /** libvirt's numeric domain id, from the status file or `-name`-derived directory; undefined if unknown. */
  domainId?: number
  /** Name under which systemd-machined knows it. */
  machine?: string
  /** Files that QEMU or virtlogd writes the consoles to, host paths. */
  consoleLogs: readonly string[]
  /** `file`: QEMU writes the console itself. `logd`: through virtlogd's pipe. */
  consoleBackend: 'file' | 'logd' | 'none'
}>

export type HelperKind =
  | 'swtpm'
  | 'virtiofsd'
  | 'passt'
  | 'slirp'
  | 'dnsmasq'
  | 'virtlogd'
  | 'virtlockd'
  | 'nbdkit'
  | 'dbus'
  | 'declared'

/** A process a guest needs. */
export type Helper = Readonly<{
  kind: HelperKind
  name: string
  identity: Identity
  /** UUIDs of the guests that need it; empty where it serves all of them. */
  guests: readonly string[]
  ownerContainer?: string
}>

export type Census = Readonly<{
  guests: readonly Guest[]
  helpers: readonly Helper[]
  /** Guests that libvirt's status files name but that have no process: nothing to save, said for the record. */
  stale: readonly string[]
}>
