import { existsSync, readdirSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import type { CgroupLayout, CloserLook, Process, ProcessId, ProcessTable } from '../../node/index.ts'
import type { ProcessReader } from '../../ports/index.ts'
import { raiseProc } from './errors.ts'
import { lookCloser } from './look-closer.ts'
import { readMachineLeaders } from './machine-leaders.ts'
import { readNamespace } from './proc-files.ts'
import { readLiveStat, readProcess } from './read-process.ts'
import type { UpperDirs } from './read-process.ts'
import type { UnixSockets } from './unix-sockets.ts'
import { wantedFiles, writtenBy } from './written-files.ts'

export type ProcOptions = Readonly<{
  /** Another procfs mount shows another pid namespace. */
  procRoot?: string
  cgroupRoot?: string
  /** Where systemd-machined keeps its machines. */
  machinesDir?: string
}>

/** How many processes are read before other work gets a turn: about 5 ms. */
const TURN = 64

export function procReader(options: ProcOptions = {}): ProcessReader {
  const procRoot = options.procRoot ?? '/proc'
  const cgroupRoot = options.cgroupRoot ?? '/sys/fs/cgroup'
  const machinesDir = options.machinesDir ?? '/run/systemd/machines'
  return {
    async table(): Promise<ProcessTable> {
      const pids = listPids(procRoot)
      const hostPidNamespace =
        readNamespace(`${procRoot}/1/ns/pid`) ?? readNamespace(`${procRoot}/self/ns/pid`)
      if (hostPidNamespace === undefined) {
        throw raiseProc('PROC_UNREADABLE', { procRoot, state: 'no pid namespace can be read' })
      }
      const processes: Process[] = []
      const upperDirs: UpperDirs = new Map()
      let turn = 0
      for (const pid of pids) {
        const process = readProcess(procRoot, pid, upperDirs)
        if (process !== undefined) processes.push(process)
        turn += 1
        if (turn % TURN === 0) await setImmediate()
      }
      return { layout: cgroupLayout(cgroupRoot), hostPidNamespace, processes }
    },
    async look(processes: readonly ProcessId[]): Promise<readonly CloserLook[]> {
      const looks: CloserLook[] = []
      const unixSockets: UnixSockets = new Map()
      for (const process of processes) {
        const look = lookCloser(procRoot, process, unixSockets)
        if (look !== undefined) looks.push(look)
        await setImmediate()
      }
      return looks
    },
    async writtenFiles(paths: readonly string[]): Promise<readonly string[]> {
      const wanted = wantedFiles(paths)
      const found = new Set<string>()
      let turn = 0
      for (const pid of listPids(procRoot)) {
        for (const path of writtenBy(`${procRoot}/${pid}`, wanted)) found.add(path)
        turn += 1
        if (turn % TURN === 0) await setImmediate()
      }
      return [...found]
    },
    machineLeaders: () => Promise.resolve(readMachineLeaders(machinesDir)),
    alive(process: ProcessId): Promise<boolean> {
      return Promise.resolve(readLiveStat(procRoot, process.pid)?.startTicks === process.startTicks)
    },
  }
}

function listPids(procRoot: string): readonly number[] {
  try {
    return readdirSync(procRoot)
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
  } catch (error) {
    throw raiseProc('PROC_UNREADABLE', { procRoot, state: 'it cannot be listed' }, error)
  }
}

/**
 * By the file that only a cgroup2 root has: it says the same on a mount, on a bind of one and on a recorded tree
 * (cgroups(7): every cgroup v2 directory has cgroup.controllers, no v1 directory has).
 */
function cgroupLayout(cgroupRoot: string): CgroupLayout {
  if (existsSync(`${cgroupRoot}/cgroup.controllers`)) return 'unified'
  return existsSync(`${cgroupRoot}/unified/cgroup.controllers`) ? 'hybrid' : 'legacy'
}
