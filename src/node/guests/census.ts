import type { CgroupLine, Namespaces, ProcessId } from '../process.ts'
import type { Witness } from './witness.ts'

/** What must still be true of a guest or helper after an upgrade. */
export type Identity = ProcessId &
  Readonly<{
    /** `device:inode` of the executable. */
    exeInode: string
    namespaces: Namespaces | undefined
    cgroups: readonly CgroupLine[]
  }>

/** A virtual machine's QEMU process, that libvirt or its own command line names. */
export type Guest = Readonly<{
  /** libvirt UUID, lower case with dashes: from the command line, else from libvirt's status file. */
  uuid: string
  /** libvirt domain name. */
  name: string
  identity: Identity
  /** Container the process runs from (its root overlay), where that is known. */
  ownerContainer?: string
  /** The release of that container. */
  ownerRelease?: string
  /** Who says that it is a guest; absent in journals of earlier versions. */
  witnesses?: readonly Witness[]
  /** Emulator path, as in /proc/PID/exe: it ends with ` (deleted)` where the file was removed or replaced. */
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
  | 'qemu-nbd'
  | 'qemu-storage-daemon'
  | 'qemu-pr-helper'
  | 'vhost-user'
  | 'haproxy'
  | 'radvd'
  | 'keepalived'
  | 'conntrackd'
  | 'dibbler'
  | 'sanlock'
  /** Holds a Unix socket that a guest's command line names, whatever its own name. */
  | 'peer'
  /** Lives in a guest's own cgroup, whatever its name. */
  | 'companion'
  /** Serves a file system (FUSE): a guest's disk may be in it. */
  | 'file-system'
  | 'declared'
  /** A virtual machine that libvirt does not know by name: nobody needs it but its own user, and it must not die either. */
  | 'machine'

/** A process a guest needs. */
export type Helper = Readonly<{
  kind: HelperKind
  name: string
  identity: Identity
  /** UUIDs of the guests that need it; empty where it serves all of them. */
  guests: readonly string[]
  ownerContainer?: string
  /** Of a `machine`: who says that it is one. */
  witnesses?: readonly Witness[]
}>

export type Census = Readonly<{
  guests: readonly Guest[]
  helpers: readonly Helper[]
  /** Guests that libvirt's status files name but that have no process: nothing to save, said for the record. */
  stale: readonly string[]
}>
