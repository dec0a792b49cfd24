import { openSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import type { Chunk } from '../../image/convert/index.ts'
import { workChunk } from './chunk-work.ts'
import { toData } from './failure-data.ts'
import type { FromWorker, ToWorker, WorkerInput } from './messages.ts'
import { openBase } from './open-base.ts'

/** One of the threads of a conversion: opens the image for itself, then takes chunk after chunk. */
const { recipe, use, outputPath } = workerData as WorkerInput

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
