import { closeSync, constants, existsSync, mkdirSync, openSync, readdirSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { isLimitFile, parseCgroupLines } from '../../node/index.ts'
import type { Movable, Thread } from '../../node/index.ts'
import { readLiveStat, readMountInfo, readNamespace, readProcText } from '../proc/index.ts'
import { cgroupMounts } from './cgroup-mounts.ts'
import { copyDeviceFilter } from './device-filter.ts'
import { hasCode } from './has-code.ts'
import type { Hierarchy, Kernel } from './kernel.ts'

const V2: Hierarchy = { hierarchy: 0, controllers: [] }

export type HostKernelOptions = Readonly<{ procRoot?: string; cgroupRoot?: string }>

/** The kernel of this machine. */
export function hostKernel(options: HostKernelOptions = {}): Kernel {
  const procRoot = options.procRoot ?? '/proc'
  const mounts = cgroupMounts(
    readMountInfo(`${procRoot}/self`, ' - cgroup') ?? [],
    options.cgroupRoot ?? '/sys/fs/cgroup',
  )
  const at = (hierarchy: Hierarchy, path: string): string => {
    const directory = mounts.directory(hierarchy, path)
    if (directory !== undefined) return directory
    throw new Error(`no mount below /sys/fs/cgroup shows ${hierarchy.controllers.join(',') || 'v2'}:${path}`)
  }
  return {
    identify(pid) {
      const stat = readLiveStat(procRoot, pid)
      if (stat === undefined) return undefined
      const { startTicks, ppid } = stat
      return { startTicks, ppid, pidNamespace: readNamespace(`${procRoot}/${pid}/ns/pid`) }
    },
    hostPidNamespace: () => readNamespace(`${procRoot}/1/ns/pid`) ?? readNamespace(`${procRoot}/self/ns/pid`),
    threadsOf: (pid) => readThreads(procRoot, pid),
    v2Controllers() {
      const text =
        mounts.unified === undefined ? '' : (readProcText(`${mounts.unified}/cgroup.controllers`) ?? '')
      return text.split(/\s+/).filter(Boolean)
    },
    isMounted: (hierarchy) => mounts.directory(hierarchy, '/') !== undefined,
    exists(hierarchy, path) {
      const directory = mounts.directory(hierarchy, path)
      return directory !== undefined && existsSync(directory)
    },
    make(hierarchy, path) {
      try {
        mkdirSync(at(hierarchy, path))
      } catch (error) {
        if (!hasCode(error, 'EEXIST')) throw error
      }
    },
    limits(hierarchy, path) {
      const directory = mounts.directory(hierarchy, path)
      if (directory === undefined || !existsSync(directory)) return {}
      const entries = readdirSync(directory)
        .filter(isLimitFile)
        .map((file) => [file, readProcText(join(directory, file))?.trimEnd()] as const)
      return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as Record<string, string>
    },
    read(hierarchy, path, file) {
      const directory = mounts.directory(hierarchy, path)
      return directory === undefined ? undefined : readProcText(join(directory, file))?.trimEnd()
    },
    write(hierarchy, path, file, value) {
      // One write(2), of a file that must be there and may be write-only: a value is taken whole or not at all.
      const fd = openSync(join(at(hierarchy, path), file), constants.O_WRONLY)
      try {
        writeSync(fd, value)
      } finally {
        closeSync(fd)
      }
    },
    copyDeviceFilter: (from, to) => copyDeviceFilter(at(V2, from), at(V2, to)),
  }
}

/** A thread that ends in the middle is left out; a process that ends has none. */
function readThreads(procRoot: string, pid: number): Movable {
  let tids: readonly number[] = []
  try {
    tids = readdirSync(`${procRoot}/${pid}/task`).map(Number)
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error
  }
  const threads = tids
    .toSorted((a, b) => Number(b === pid) - Number(a === pid) || a - b)
    .flatMap((tid): Thread[] => {
      const directory = `${procRoot}/${pid}/task/${tid}`
      const [name, cgroups] = [readProcText(`${directory}/comm`), readProcText(`${directory}/cgroup`)]
      if (name === undefined || cgroups === undefined) return []
      return [{ tid, name: name.trimEnd(), cgroups: parseCgroupLines(cgroups) }]
    })
  return { pid, threads }
}
