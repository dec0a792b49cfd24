import { isAnnealError } from '../../core/index.ts'
import type { DiskChunks } from '../../ports/index.ts'
import { hear } from './hear.ts'
import type { TaskContext } from './task-context.ts'

type Chap = Readonly<{ user: string; password: string }>

/**
 * Writes the disk that the ramdisk offers by iSCSI. A machine that restarts meanwhile offers it again, and is written anew. Nothing is
 * left to do where the ramdisk is done already: an earlier process has written it. Throws what writing throws, and as `hear`.
 */
export async function writeByIscsi(context: TaskContext, chunks: DiskChunks, chap: Chap): Promise<void> {
  const { world, line, silenceMs } = context
  for (;;) {
    const word = await hear(context, ['offered', 'done'], silenceMs.work)
    if (word.kind === 'done') {
      line.say(word, line.heardMs)
      return
    }
    line.forget('reported')
    try {
      await world.writeByIscsi(
        { ...word, ...chap },
        chunks,
        (bytes) => {
          line.writtenBytes = bytes
          line.heardMs = world.clock.monotonic()
        },
        context.signal,
      )
      line.isWritten = true
      return
    } catch (error) {
      if (!isAnnealError(error) || !error.retry) throw error
      context.say(`${error.message}; the machine may have restarted`)
      line.offerAgain()
      // The ramdisk of before is still there: it is its disk, or the network.
      const next = await hear(context, ['reported', 'offered'], silenceMs.work)
      if (next.kind === 'offered') throw error
    }
  }
}
