import { statSync } from 'node:fs'
import { basename } from 'node:path'
import { parseCgroupLines } from '../../node/index.ts'
import type { Namespaces, Process } from '../../node/index.ts'
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

/** One process, or undefined if it went away at any moment of the reading. */
export function readProcess(procRoot: string, pid: number, upperDirs: UpperDirs): Process | undefined {
  const dir = `${procRoot}/${pid}`
  const stat = readLiveStat(procRoot, pid)
  if (stat === undefined) return undefined
  const cgroupText = readProcText(`${dir}/cgroup`)
  const uid = /^Uid:\s+\d+\s+(\d+)/m.exec(readProcText(`${dir}/status`) ?? '')?.[1]
  if (cgroupText === undefined || uid === undefined) return undefined
  const argv = (readProcText(`${dir}/cmdline`) ?? '').split('\0')
  // The kernel ends each argument with NUL; a process that rewrote its title may not.
  if (argv.at(-1) === '') argv.pop()
  const exe = readProcLink(`${dir}/exe`) ?? ''
  const namespaces = readNamespaces(dir)
  const upperDir = namespaces === undefined ? undefined : rootUpperDir(dir, namespaces.mnt, upperDirs)
  const stdout = looksLikeEmulator(exe, argv) ? readProcLink(`${dir}/fd/1`) : undefined
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
    ...(upperDir === undefined ? {} : { rootUpperDir: upperDir }),
    ...(stdout === undefined ? {} : { stdout }),
    ...(stat.terminal && { terminal: stat.terminal }),
  }
  // A pid that was reused in the middle would mix two processes: the last reading must still name the first.
  return readLiveStat(procRoot, pid)?.startTicks === stat.startTicks ? process : undefined
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
