import type { OutputHolder, Process } from '../../node/index.ts'
import { descriptorsOf, isWritable } from './descriptors.ts'
import { readProcLink } from './proc-files.ts'

/** Standard output and standard error. */
const OUTPUTS = [1, 2]

/** The pipes that these processes write their output to, by their names in /proc/PID/fd: `pipe:[4711]`. */
export function outputPipes(procRoot: string, pids: readonly number[]): ReadonlyMap<string, number> {
  return new Map(
    pids.flatMap((pid) =>
      OUTPUTS.flatMap((fd) => {
        const name = readProcLink(`${procRoot}/${pid}/fd/${fd}`)
        return name?.startsWith('pipe:') === true ? [[name, pid] as const] : []
      }),
    ),
  )
}

/** The pipes that the process can write to, each once. The engine has their other ends. */
export function heldBy(
  processDir: string,
  { pid, startTicks }: Pick<Process, 'pid' | 'startTicks'>,
  pipes: ReadonlyMap<string, number>,
): readonly OutputHolder[] {
  const writers = new Set(
    descriptorsOf(processDir).flatMap((link) => {
      const writer = pipes.get(readProcLink(link) ?? '')
      return writer === undefined || !isWritable(link) ? [] : [writer]
    }),
  )
  return [...writers].map((writer) => ({ writer, pid, startTicks }))
}
