import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Times and memory are getrusage(2)'s, by way of GNU time; bytes are those of system calls, of /proc/PID/io. */
export type Cost = Readonly<{
  wallS: number
  cpuS: number
  peakMiB: number
  readMiB: number
  writtenMiB: number
}>

/** Runs a program and its children by GNU time. `io` is a file that is written on the way. Throws where it does not end with 0. */
export function measureProgram(io: string, program: string, argv: readonly string[]): Cost {
  // A process's own numbers hold those of the children that it has waited for.
  const counted = ['sh', '-c', '"$@"; ended=$?; cat /proc/$$/io >"$0"; exit $ended', io, program, ...argv]
  const { status, stderr } = spawnSync('/usr/bin/time', ['--format', '%e %U %S %M', '--quiet', ...counted], {
    encoding: 'utf8',
  })
  const last = stderr.trim().split('\n').at(-1) ?? ''
  const [wall = 0, user = 0, system = 0, peakKib = 0] = last.split(' ').map(Number)
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr}`)
  const counts = readFileSync(io, 'utf8')
  const mib = (name: string): number =>
    Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(counts)?.[1]) / 2 ** 20
  return {
    wallS: wall,
    cpuS: user + system,
    peakMiB: peakKib / 1024,
    readMiB: mib('rchar'),
    writtenMiB: mib('wchar'),
  }
}
