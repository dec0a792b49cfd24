import { existsSync, readdirSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import type {
  CgroupLayout,
  CloserLook,
  OutputHolder,
  Process,
  ProcessId,
  ProcessTable,
} from '../../node/index.ts'
import type { ProcessReader } from '../../ports/index.ts'
import { raiseProc } from './errors.ts'
import { goneOrThrow, readNamespace, readProcText } from './proc-files.ts'
import { readLiveStat, readProcess } from './read-process.ts'
import type { Reading } from './read-process.ts'
import type { UnixSockets } from './unix-sockets.ts'
import { wantedFiles, writtenBy } from './written-files.ts'
import { contentOf } from './emulator-content.ts'
import { openFilesOf } from './open-files.ts'
import { heldBy, outputPipes } from './output-holders.ts'
import { unixSocketsOf } from './unix-sockets.ts'

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
      const layout = cgroupLayout(cgroupRoot)
      const reading: Reading = { procRoot, layout, upperDirs: new Map() }
      await inTurns(pids, (pid) => {
        const process = readProcess(reading, pid)
        if (process !== undefined) processes.push(process)
      })
      return { layout, hostPidNamespace, processes }
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
      await inTurns(listPids(procRoot), (pid) => {
        for (const path of writtenBy(`${procRoot}/${pid}`, wanted)) found.add(path)
      })
      return [...found]
    },
    async outputHolders(firsts: readonly number[]): Promise<readonly OutputHolder[]> {
      const pipes = outputPipes(procRoot, firsts)
      if (pipes.size === 0) return []
      const found: OutputHolder[] = []
      await inTurns(listPids(procRoot), (pid) => {
        const stat = readLiveStat(procRoot, pid)
        if (stat === undefined) return
        found.push(...heldBy(`${procRoot}/${pid}`, { pid, startTicks: stat.startTicks }, pipes))
      })
      return found
    },
    machineLeaders: () => Promise.resolve(readMachineLeaders(machinesDir)),
    alive(process: ProcessId): Promise<boolean> {
      return Promise.resolve(readLiveStat(procRoot, process.pid)?.startTicks === process.startTicks)
    },
  }
}

async function inTurns(pids: readonly number[], visit: (pid: number) => void): Promise<void> {
  for (let at = 0; at < pids.length; at += TURN) {
    if (at > 0) await setImmediate()
    for (const pid of pids.slice(at, at + TURN)) visit(pid)
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

/**
 * Leaders of the machines that libvirt registered, from systemd-machined's own state: one file for each machine, of lines
 * `KEY=value` (machine_save in systemd's src/machine/machine.c).
 */
function readMachineLeaders(directory: string): readonly number[] {
  return list(directory).flatMap((name) => {
    const text = readProcText(`${directory}/${name}`) ?? ''
    const leader = Number(/^LEADER=(\d+)$/m.exec(text)?.[1])
    return /^SERVICE="?libvirt-qemu"?$/m.test(text) && leader > 0 ? [leader] : []
  })
}

/** Beside each file lies a link from its unit, `unit:machine-….scope`. */
function list(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name)
  } catch (error) {
    return goneOrThrow(error) ?? []
  }
}

/** undefined where the process is gone, or another has its pid. */
function lookCloser(
  procRoot: string,
  { pid, startTicks }: ProcessId,
  unixSockets: UnixSockets,
): CloserLook | undefined {
  const dir = `${procRoot}/${pid}`
  const { files, socketInodes } = openFilesOf(dir)
  const named = socketInodes.length === 0 ? undefined : unixSocketsOf(dir, unixSockets)
  const sockets = socketInodes.flatMap((inode) => named?.get(inode) ?? [])
  const look: CloserLook = {
    pid,
    startTicks,
    content: contentOf(`${dir}/exe`),
    sizeBytes: 1024 * Number(/^VmSize:\s+(\d+)/m.exec(readProcText(`${dir}/status`) ?? '')?.[1] ?? 0),
    opens: files,
    ...(sockets.length === 0 ? {} : { sockets: [...new Set(sockets)] }),
  }
  return readLiveStat(procRoot, pid)?.startTicks === startTicks ? look : undefined
}
