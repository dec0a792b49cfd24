/** One line of /proc/PID/cgroup: `hierarchy:controllers:path`. cgroup v2 is hierarchy 0 with no controllers. */
export type CgroupLine = Readonly<{
  hierarchy: number
  /** Controllers of a v1 hierarchy (`devices`, `name=systemd`); empty for v2. */
  controllers: readonly string[]
  /** Below the root of the hierarchy. Starts with `/`. */
  path: string
}>

/** Inode numbers of the namespaces of a process. */
export type Namespaces = Readonly<{ pid: number; mnt: number; net: number; cgroup: number; ipc: number }>

/** What tells a process from every other of the same boot. */
export type ProcessIdentity = Readonly<{
  pid: number
  /** Field 22 of /proc/PID/stat: clock ticks since boot. */
  startTicks: number
  /** `device:inode` of the executable. */
  exeInode: string
  /** Absent where they could not be read. */
  namespaces?: Namespaces | undefined
  cgroups: readonly CgroupLine[]
}>

/**
 * Who says that a process is a virtual machine. `program`: the name of the executable. `commandLine`: its options are
 * those of QEMU. `content`: the executable is QEMU, whatever its name. `kvm`: it holds a virtual machine of KVM.
 * `monitor`: it holds the socket by which libvirt controls a guest. `statusFile`: libvirt's status file names its pid.
 * `machined`: systemd-machined names it as the leader of a machine of libvirt.
 */
export type GuestWitness =
  | 'program'
  | 'commandLine'
  | 'content'
  | 'kvm'
  | 'monitor'
  | 'statusFile'
  | 'machined'

/** A virtual machine: its QEMU process. */
export type CensusGuest = Readonly<{
  /** UUID of libvirt, lower case with dashes. */
  uuid: string
  /** Name of the domain. */
  name: string
  identity: ProcessIdentity
  /** Container that the process runs from, where that is known. */
  ownerContainer?: string
  /** Id of the release of that container. */
  ownerRelease?: string
  /** Absent in journals of earlier versions. */
  witnesses?: readonly GuestWitness[]
  /** Path of the emulator. It ends with ` (deleted)` where the file was removed or replaced. */
  emulator: string
  /** Numeric id of the domain, where it is known. */
  domainId?: number
  /** Name under which systemd-machined knows it. */
  machine?: string
  /** Files that the consoles are written to, as paths of the host. */
  consoleLogs: readonly string[]
  /** `file`: QEMU writes the console itself. `logd`: through virtlogd. */
  consoleBackend: 'file' | 'logd' | 'none'
}>

/** A process that guests need. */
export type CensusHelper = Readonly<{
  /** `swtpm`, `virtlogd`, `virtiofsd`, …; `machine` is a virtual machine that libvirt does not know by name. */
  kind: string
  name: string
  identity: ProcessIdentity
  /** UUIDs of the guests that need it; empty where it serves all of them. */
  guests: readonly string[]
  ownerContainer?: string
  /** Of a `machine`. */
  witnesses?: readonly GuestWitness[]
}>

/** Who runs on the node. */
export type NodeCensus = Readonly<{
  guests: readonly CensusGuest[]
  helpers: readonly CensusHelper[]
  /** Names of guests that libvirt's status files name and that have no process. */
  stale: readonly string[]
}>
