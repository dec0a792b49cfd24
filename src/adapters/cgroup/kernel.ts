import type { CgroupLine, LimitReading, Movable } from '../../node/index.ts'

/** A hierarchy, as a line of /proc/PID/cgroup names it. */
export type Hierarchy = Pick<CgroupLine, 'hierarchy' | 'controllers'>

/**
 * What a rescue needs of the kernel: processes with their threads, and control groups by hierarchy and path.
 * Synchronous: these are procfs and cgroupfs, which never wait for a disk, and a rescue should be short.
 * What cannot be done throws the system's error (`code` holds ESRCH, EBUSY, …).
 */
export interface Kernel {
  /** undefined where the process is gone. */
  identify(
    pid: number,
  ): Readonly<{ startTicks: number; ppid: number; pidNamespace: number | undefined }> | undefined
  /** The pid namespace that `host` means. */
  hostPidNamespace(): number | undefined
  /** The process with all its threads, the main thread first; without threads where it is gone. */
  threadsOf(pid: number): Movable
  /** Controllers of the root of cgroup v2; empty without v2. */
  v2Controllers(): readonly string[]
  /** Whether control groups of this hierarchy can be reached by the paths of /proc/PID/cgroup. */
  isMounted(hierarchy: Hierarchy): boolean
  exists(hierarchy: Hierarchy, path: string): boolean
  /** Makes one control group; one that is there already is fine. */
  make(hierarchy: Hierarchy, path: string): void
  /** All limits that are set or could be; empty where there is no such control group. */
  limits(hierarchy: Hierarchy, path: string): LimitReading
  read(hierarchy: Hierarchy, path: string, file: string): string | undefined
  write(hierarchy: Hierarchy, path: string, file: string, value: string): void
  /** cgroup v2: gives a group that has no filter of devices that of another. How many programs that was. */
  copyDeviceFilter(from: string, to: string): number
}
