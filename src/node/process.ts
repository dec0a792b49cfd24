/**
 * What the kernel says of processes: the raw material of the census and the kill set.
 * Shapes follow proc(5), cgroups(7) and namespaces(7). All of it is plain JSON.
 */

/** One line of /proc/PID/cgroup: `hierarchy:controllers:path`. cgroup v2 is hierarchy 0 with no controllers. */
export type CgroupLine = Readonly<{
  hierarchy: number
  /** Controllers of a v1 hierarchy (`devices`, `name=systemd`, …); empty for v2. */
  controllers: readonly string[]
  /** Path below the hierarchy's root as seen from the reader's cgroup namespace. Starts with `/`. */
  path: string
}>

/**
 * How /sys/fs/cgroup is laid out: `legacy` (v1 only), `hybrid` (v1, with cgroup2 at /sys/fs/cgroup/unified)
 * or `unified` (v2 only).
 */
export type CgroupLayout = 'legacy' | 'hybrid' | 'unified'

/** The inode numbers of a process's namespaces, from the links in /proc/PID/ns. */
export type Namespaces = Readonly<{ pid: number; mnt: number; net: number; cgroup: number; ipc: number }>

/** A process that cannot be another: pids are reused, (pid, startTicks) within one boot is not. */
export type ProcessId = Readonly<{
  pid: number
  /** Field 22 of /proc/PID/stat: clock ticks since boot. */
  startTicks: number
}>

export type Process = ProcessId &
  Readonly<{
    ppid: number
    /** /proc/PID/comm. */
    name: string
    /**
     * Path of /proc/PID/exe in the process's own mount namespace; empty for kernel threads. The kernel ends it with
     * ` (deleted)` where the file was removed or replaced.
     */
    exe: string
    /** `device:inode` of the executable: tells a replaced binary from the one running. Empty where unreadable. */
    exeInode: string
    /** argv. Only its non-secret parts are ever printed or journalled. */
    argv: readonly string[]
    /** Effective user id. */
    uid: number
    /** Inodes; absent where the process went away or may not be read. */
    namespaces: Namespaces | undefined
    /** Of its main thread. */
    cgroups: readonly CgroupLine[]
    /**
     * cgroup v1: where other threads lie that are elsewhere than the main thread. Whoever ends a group by its `cgroup.procs` ends
     * each process of which a thread is in it (cgroups(7), "Tasks (threads)").
     */
    threadCgroups?: readonly CgroupLine[]
    /**
     * Upper directory of the overlay that is the process's root, where its root is an overlay:
     * it names the container (and so the image) that the process runs from.
     */
    rootUpperDir?: string
    /**
     * Where file descriptor 1 leads, for those that look like an emulator. libvirt gives QEMU's output to virtlogd as `pipe:[…]`
     * (`stdio_handler = "logd"`) or to a file, and its console files go the same way.
     */
    stdout?: string
    /** Left out where it has none. */
    terminal?: Terminal
  }>

/** A controlling terminal: the leader of the session, the process's own group, and the group in the foreground, by their pids. */
export type Terminal = Readonly<{ session: number; group: number; foreground: number }>

/** One reading of /proc. Zombies and kernel threads are left out. */
export type ProcessTable = Readonly<{
  layout: CgroupLayout
  /** The reader's own pid namespace: the one that `host` means. */
  hostPidNamespace: number
  processes: readonly Process[]
}>

export function sameProcess(a: ProcessId, b: ProcessId): boolean {
  return a.pid === b.pid && a.startTicks === b.startTicks
}

/** The process's path in the hierarchy that carries `controller` (`''` asks for v2); undefined if it has none. */
export function cgroupPath(process: Pick<Process, 'cgroups'>, controller: string): string | undefined {
  return process.cgroups.find((line) =>
    controller === '' ? line.hierarchy === 0 : line.controllers.includes(controller),
  )?.path
}

/** Every group that has a thread of the process in it, those of the main thread first. */
export function groupsOfThreads({
  cgroups,
  threadCgroups,
}: Pick<Process, 'cgroups' | 'threadCgroups'>): readonly CgroupLine[] {
  return threadCgroups === undefined ? cgroups : [...cgroups, ...threadCgroups]
}

/** Whether `path` is `root` or lies below it. */
export function isWithin(path: string, root: string): boolean {
  return path === root || path.startsWith(root.endsWith('/') ? root : `${root}/`)
}
