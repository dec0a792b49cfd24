import { readdirSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { parseCgroupLines } from '../../node/index.ts'
import type { CgroupLine, CgroupLayout, Namespaces, Process } from '../../node/index.ts'
import { overlayUpperDir, readMountInfo } from './mountinfo.ts'
import { parseStat } from './parse-stat.ts'
import type { Stat } from './parse-stat.ts'
import { goneOrThrow, readNamespace, readProcLink, readProcText } from './proc-files.ts'

/** Root overlay by mount namespace and root directory: the processes of one container share it. */
export type UpperDirs = Map<string, string | undefined>

/** /proc/PID/stat of a process that can still act: no kernel thread, no zombie, not one that is being reaped. */
export function readLiveStat(procRoot: string, pid: number): Stat | undefined {
  const stat = parseStat(readProcText(`${procRoot}/${pid}/stat`) ?? '')
  if (stat === undefined || stat.kernelThread || stat.state === 'Z' || stat.state === 'X') return undefined
  return stat
}

/** What the reading of all processes has in common. */
export type Reading = Readonly<{ procRoot: string; layout: CgroupLayout; upperDirs: UpperDirs }>

/** One process, or undefined if it went away at any moment of the reading. */
export function readProcess({ procRoot, layout, upperDirs }: Reading, pid: number): Process | undefined {
  const dir = `${procRoot}/${pid}`
  const stat = readLiveStat(procRoot, pid)
  if (stat === undefined) return undefined
  const cgroupText = readProcText(`${dir}/cgroup`)
  const status = readProcText(`${dir}/status`) ?? ''
  const uid = /^Uid:\s+\d+\s+(\d+)/m.exec(status)?.[1]
  if (cgroupText === undefined || uid === undefined) return undefined
  const argv = (readProcText(`${dir}/cmdline`) ?? '').split('\0')
  // The kernel ends each argument with NUL; a process that rewrote its title may not.
  if (argv.at(-1) === '') argv.pop()
  const exe = readProcLink(`${dir}/exe`) ?? ''
  const namespaces = readNamespaces(dir)
  const upperDir = namespaces === undefined ? undefined : rootUpperDir(dir, namespaces.mnt, upperDirs)
  const stdout = looksLikeEmulator(exe, argv) ? readProcLink(`${dir}/fd/1`) : undefined
  // A process of cgroup v2 is in one domain with all its threads, and that is where it is killed.
  const threaded = layout !== 'unified' && /^Threads:\s+1$/m.exec(status) === null
  const threadCgroups = threaded ? readThreadCgroups(dir, cgroupText) : []
  const process: Process = {
    pid,
    startTicks: stat.startTicks,
    ppid: stat.ppid,
    name: stat.name,
    exe,
    exeInode: inodeOf(`${dir}/exe`),
    argv,
    uid: Number(uid),
    namespaces,
    cgroups: parseCgroupLines(cgroupText),
    ...(threadCgroups.length > 0 && { threadCgroups }),
    ...(upperDir === undefined ? {} : { rootUpperDir: upperDir }),
    ...(stdout === undefined ? {} : { stdout }),
    ...(stat.terminal && { terminal: stat.terminal }),
  }
  // A pid that was reused in the middle would mix two processes: the last reading must still name the first.
  return readLiveStat(procRoot, pid)?.startTicks === stat.startTicks ? process : undefined
}

/** The groups of threads that the main thread, which lies in `mainText`, is not in. */
function readThreadCgroups(dir: string, mainText: string): readonly CgroupLine[] {
  const seen = new Set(mainText.split('\n'))
  return listThreads(dir).flatMap((tid) => {
    const text = readProcText(`${dir}/task/${tid}/cgroup`)
    if (text === undefined || text === mainText) return []
    const others = text.split('\n').filter((line) => !seen.has(line))
    for (const line of others) seen.add(line)
    return parseCgroupLines(others.join('\n'))
  })
}

function listThreads(dir: string): readonly string[] {
  try {
    return readdirSync(`${dir}/task`)
  } catch (error) {
    return goneOrThrow(error) ?? []
  }
}

function readNamespaces(dir: string): Namespaces | undefined {
  const [pid, mnt, net, cgroup, ipc] = ['pid', 'mnt', 'net', 'cgroup', 'ipc'].map((name) =>
    readNamespace(`${dir}/ns/${name}`),
  )
  if (
    pid === undefined ||
    mnt === undefined ||
    net === undefined ||
    cgroup === undefined ||
    ipc === undefined
  ) {
    return undefined
  }
  return { pid, mnt, net, cgroup, ipc }
}

function rootUpperDir(dir: string, mnt: number, cache: UpperDirs): string | undefined {
  const key = `${mnt} ${readProcLink(`${dir}/root`) ?? ''}`
  if (cache.has(key)) return cache.get(key)
  const mounts = readMountInfo(dir, ' / / ')
  if (mounts === undefined) return undefined
  const upper = overlayUpperDir(mounts)
  cache.set(key, upper)
  return upper
}

/** `device:inode` through the magic link, so that it is the running file also where its path was replaced. */
function inodeOf(exeLink: string): string {
  try {
    const { dev, ino } = statSync(exeLink, { bigint: true })
    return `${dev}:${ino}`
  } catch (error) {
    return goneOrThrow(error) ?? ''
  }
}

function looksLikeEmulator(exe: string, argv: readonly string[]): boolean {
  return (
    /^(qemu-system-|qemu-kvm\b|kvm\b)/.test(basename(exe)) ||
    argv.some((argument) => QEMU_NAME.test(argument))
  )
}

const QEMU_NAME = /^--?(name|chardev)$/
