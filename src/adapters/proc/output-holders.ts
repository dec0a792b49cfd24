import type { OutputHolder, ProcessId } from '../../node/index.ts'
import { descriptorsOf, isWritable } from './descriptors.ts'
import { readProcLink } from './proc-files.ts'
import { readLiveStat } from './read-process.ts'

/** By their names in /proc/PID/fd, `pipe:[4711]`: the first process of the container whose output each of them is. */
export type OutputPipes = ReadonlyMap<string, number>

/**
 * The pipes that the parents of these first processes read: a shim has the output of its container so, and that of each command which
 * the engine has run in it.
 */
export function outputPipes(procRoot: string, firsts: readonly number[]): OutputPipes {
  return new Map(
    firsts.flatMap((first) => {
      const parent = readLiveStat(procRoot, first)?.ppid ?? 0
      if (parent <= 1) return []
      return pipesOf(`${procRoot}/${parent}`, 'read').map((name) => [name, first] as const)
    }),
  )
}

/** The outputs that the process can write to, each container once. */
export function heldBy(
  processDir: string,
  { pid, startTicks }: ProcessId,
  pipes: OutputPipes,
): readonly OutputHolder[] {
  const firsts = new Set(pipesOf(processDir, 'write').flatMap((name) => pipes.get(name) ?? []))
  return [...firsts].map((first) => ({ first, pid, startTicks }))
}

function pipesOf(processDir: string, end: 'read' | 'write'): readonly string[] {
  return descriptorsOf(processDir).flatMap((link) => {
    const name = readProcLink(link)
    return name?.startsWith('pipe:') === true && isWritable(link) === (end === 'write') ? [name] : []
  })
}
