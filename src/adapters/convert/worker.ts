import { openSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { parentPort, workerData } from 'node:worker_threads'
import type { Chunk } from '../../image/convert/index.ts'
import { workChunk } from './chunk-work.ts'
import { toData } from './failure-data.ts'
import type { FromWorker, ToWorker, WorkerInput } from './messages.ts'
import { openBase } from './open-base.ts'

/** One of the threads of a conversion: opens the image for itself, then takes chunk after chunk. */
const { recipe, use, outputPath } = workerData as WorkerInput

/**
 * Buffers are let go with each chunk, but V8 sees only the small objects that hold them, and would let hundreds of
 * megabytes pile up. A collection of young objects takes well under a millisecond here.
 */
const COLLECT_BYTES = 16 * 1024 * 1024
setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as (options: { type: 'minor' }) => void
let sinceCollected = 0

function collect(): void {
  collectGarbage({ type: 'minor' })
}

function tell(message: FromWorker, transfer: ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, transfer)
}

try {
  const source = await openBase(recipe)
  const fd = outputPath === undefined ? undefined : openSync(outputPath, 'r+')
  // One after the other: the next chunk waits in the port, so that its reads never fight with this one's.
  let last = Promise.resolve()
  const work = async (before: Promise<void>, chunk: Chunk): Promise<void> => {
    await before
    try {
      const result = await workChunk(source, chunk, use, fd)
      sinceCollected += chunk.lengthBytes
      if (sinceCollected >= COLLECT_BYTES) {
        collect()
        sinceCollected = 0
      }
      tell({ result }, result.bytes === undefined ? [] : [result.bytes.buffer])
    } catch (error) {
      tell({ failure: toData(error) })
    }
  }
  parentPort?.on('message', ({ chunk }: ToWorker) => {
    last = work(last, chunk)
  })
  tell({ ready: true })
} catch (error) {
  tell({ failure: toData(error) })
}
