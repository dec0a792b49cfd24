import type {
  ChangedUnit,
  CloserLook,
  FilePlace,
  Guest,
  GuestPaths,
  Helper,
  HostFacts,
  Job,
  ProcessId,
  ProcessTable,
  ServiceUnit,
  OutputHolder,
  StatusFile,
  StoragePool,
} from '../node/index.ts'

export type { HostFacts, StatusFile } from '../node/index.ts'

/** Reads the kernel's view of the node. */
export interface ProcessReader {
  /** One reading of /proc: every process but kernel threads and zombies. */
  table(): Promise<ProcessTable>
  /** What these processes are apart from their names; one that is gone is left out. Costs more than the table. */
  look(processes: readonly ProcessId[]): Promise<readonly CloserLook[]>
  /**
   * Those of the files (host paths) that some process has open for writing. Looks at every descriptor of every process:
   * costs more than the table.
   */
  writtenFiles(paths: readonly string[]): Promise<readonly string[]>
  /**
   * Who can write to a pipe that the parent of one of these first processes reads: the processes of the container, and whoever else holds
   * its output. Looks at every descriptor of every process, where there is such a pipe.
   */
  outputHolders(firsts: readonly number[]): Promise<readonly OutputHolder[]>
  /** Pids that systemd-machined names as leaders of libvirt's machines. */
  machineLeaders(): Promise<readonly number[]>
  alive(process: ProcessId): Promise<boolean>
}

/** libvirt's own files: they tell of guests also when no libvirt runs. */
export interface GuestFiles {
  /** The live status files of <run>/libvirt/qemu, parsed as far as Anneal needs. */
  statusFiles(): Promise<readonly StatusFile[]>
  /** Storage pools that are active, by libvirt's own record of them. */
  pools(): Promise<readonly StoragePool[]>
  /** The persistent definitions in a directory of the host (`/etc/libvirt/qemu` as libvirt sees it); none where it is not there. */
  definitions(directory: string): Promise<readonly GuestPaths[]>
  /** Names of the XML files in a directory of the host; none where it is not there. */
  recordsIn(directory: string): Promise<readonly string[]>
  /** Replaces one status file durably (write, fsync, rename); only ever while no libvirt runs. */
  writeStatusFile(name: string, xml: string): Promise<void>
}

/** libvirt's log of each guest: what QEMU said, and why libvirt was done with it. */
export interface GuestLogs {
  /**
   * The end of `qemu/NAME.log` below libvirt's log directory (a host path), after the end of the file that was rotated
   * last; undefined where there is none.
   */
  tail(directory: string, name: string): Promise<string | undefined>
}

/** The hypervisor's management API (libvirt's socket). */
export interface Hypervisor {
  /** One complete open of the API; throws HYPERVISOR_UNREACHABLE. Resolves to libvirt's version, e.g. `9.0.0`. */
  ping(timeoutMs: number): Promise<string>
  domains(): Promise<readonly Domain[]>
}

export type Domain = Readonly<{
  uuid: string
  name: string
  /** -1 when inactive. */
  id: number
  state: 'nostate' | 'running' | 'blocked' | 'paused' | 'shutdown' | 'shutoff' | 'crashed' | 'pmsuspended'
  /** Why it is paused or shut off, in virsh's words (`user`, `destroyed`); undefined for other states. */
  reason?: string | undefined
}>

/** Reads what else on the host starts containers. */
export interface UnitReader {
  /** The services that call a container engine; none where systemd is not the init. Starts and changes nothing. */
  services(): Promise<readonly ServiceUnit[]>
  /**
   * Of these units of any kind, and of those with which systemd stops them, the ones that are up and whose files have changed since
   * systemd read them: the next `daemon-reload` puts that into effect. None where systemd is not the init.
   */
  changed(units: readonly string[]): Promise<readonly ChangedUnit[]>
}

/** Reads the jobs of cron that call a container engine. */
export interface JobReader {
  /** None where there are no tables. A table that cannot be read has no jobs. Starts and changes nothing. */
  jobs(): Promise<readonly Job[]>
}

/**
 * Keeps services of the host from acting on containers, without stopping anything. What is done outlives a reboot; each
 * call is idempotent and resolves once it is in effect.
 */
export interface UnitControl extends UnitReader {
  /**
   * From now on nobody starts the unit, and it neither restarts its container nor stops it. What runs of it goes on.
   * Throws UNIT_NOT_DISARMED where systemd does not take that over.
   */
  disarm(unit: string): Promise<void>
  /** Takes `disarm` back. */
  rearm(unit: string): Promise<void>
  /** Starts a unit, which waits for the end of its container, which runs. Throws UNIT_NOT_STARTED. */
  start(unit: string): Promise<void>
  /** Ends the main process of a unit that is disarmed: nobody hears of it but systemd. */
  endMain(unit: string): Promise<void>
}

/** Places guests outside every container. */
export interface Rescuer {
  /** How this host can do it: machined, a systemd scope, or plain cgroups. */
  method(): Promise<'machined' | 'systemd' | 'cgroups'>
  /**
   * Moves a guest with its helpers out of the container's cgroups in every hierarchy, keeping limits and the layout
   * that libvirt looks for. `from` names the containers that are to stop, by id or by cgroup path. Idempotent, also
   * after a crash in the middle. Throws RESCUE_FAILED, having left each process where it was or safe.
   */
  rescue(guest: Guest, helpers: readonly Helper[], from: readonly string[]): Promise<RescueReport>
  /** Moves a helper that serves no single guest. */
  rescueHelper(helper: Helper, from: readonly string[]): Promise<RescueReport>
}

export type RescueReport = Readonly<{
  method: 'machined' | 'systemd' | 'cgroups'
  unit: string
  moved: readonly Readonly<{ pid: number; hierarchy: string; from: string; to: string }>[]
  /** Limits that were copied: `memory/memory.limit_in_bytes=…`. */
  limits: readonly string[]
  /** Limits that the new place does not take, in the same form. */
  notKept?: readonly string[]
}>

/** The host's file systems. */
export interface Disk {
  freeBytes(path: string): Promise<number>
  /** Size of a file; undefined where there is none. */
  sizeBytes(path: string): Promise<number | undefined>
  /** Which file that is, and what it is on; undefined where there is none. */
  placeOf(path: string): Promise<FilePlace | undefined>
  /** Makes a directory and those above it where they are missing. What is there, of whatever kind, stays. */
  makeDirectory(path: string): Promise<void>
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Milliseconds of a clock that never jumps. */
  monotonic(): number
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export interface HostReader {
  facts(): Promise<HostFacts>
}
