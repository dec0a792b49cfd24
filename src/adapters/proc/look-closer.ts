import type { CloserLook, ProcessId } from '../../node/index.ts'
import { contentOf } from './emulator-content.ts'
import { openFilesOf } from './open-files.ts'
import { readProcText } from './proc-files.ts'
import { readLiveStat } from './read-process.ts'

/** undefined where the process is gone, or another has its pid. */
export function lookCloser(procRoot: string, { pid, startTicks }: ProcessId): CloserLook | undefined {
  const dir = `${procRoot}/${pid}`
  const look: CloserLook = {
    pid,
    startTicks,
    content: contentOf(`${dir}/exe`),
    sizeBytes: 1024 * Number(/^VmSize:\s+(\d+)/m.exec(readProcText(`${dir}/status`) ?? '')?.[1] ?? 0),
    opens: openFilesOf(dir),
  }
  return readLiveStat(procRoot, pid)?.startTicks === startTicks ? look : undefined
}
