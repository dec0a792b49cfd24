import type { CloserLook, ProcessId } from '../../node/index.ts'
import { contentOf } from './emulator-content.ts'
import { openFilesOf } from './open-files.ts'
import { readProcText } from './proc-files.ts'
import { readLiveStat } from './read-process.ts'
import { unixSocketsOf } from './unix-sockets.ts'
import type { UnixSockets } from './unix-sockets.ts'

/** undefined where the process is gone, or another has its pid. */
export function lookCloser(
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
