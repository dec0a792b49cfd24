import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Chunk } from '../../image/convert/index.ts'
import { raise } from './errors.ts'
import { fromData } from './failure-data.ts'
import type { ChunkResult } from '../../ports/index.ts'
import type { FromWorker, ToWorker, WorkerInput } from './messages.ts'

/** Chunks that a thread has at a time: one to work on, and one for when it is done. */
const AHEAD = 2
const MOST_THREADS = 8

type Member = { worker: Worker; underWay: number }

/**
 * The threads of one conversion.
 *
 * INVARIANTS: a chunk is given to one thread; results come in the order of the chunks; at most AHEAD × threads chunks
 * are under way or wait for an earlier one, so memory is bounded however slow the taker is; after the first failure
 * nothing more is given out.
 */
export async function* convertChunks(
  job: WorkerInput,
  chunks: readonly Chunk[],
  signal: AbortSignal,
): AsyncGenerator<ChunkResult, void, undefined> {
  signal.throwIfAborted()
  const threads = Math.min(MOST_THREADS, availableParallelism())
  const { promise: failed, reject: fail } = Promise.withResolvers<never>()
  failed.catch(() => undefined)
  const waiting = new Map<number, (result: ChunkResult) => void>()
  const members: Member[] = []
  const aborted = (): void => fail(signal.reason)
  signal.addEventListener('abort', aborted, { once: true })

  for (let index = 0; index < threads; index += 1) {
    const worker = new Worker(new URL('worker.ts', import.meta.url), {
      workerData: job,
      execArgv: ['--disable-warning=ExperimentalWarning'],
    })
    const member: Member = { worker, underWay: 0 }
    worker.on('message', (message: FromWorker) => {
      if ('failure' in message) fail(fromData(message.failure, job.recipe.image))
      else if ('result' in message) {
        member.underWay -= 1
        waiting.get(message.result.chunk.offsetBytes)?.(message.result)
        waiting.delete(message.result.chunk.offsetBytes)
      }
    })
    worker.on('error', (error) => fail(error))
    worker.on('exit', () => {
      fail(
        raise('CONVERSION_BROKEN', {
          image: job.recipe.image,
          why: 'a thread of the conversion ended by itself',
        }),
      )
    })
    members.push(member)
  }

  try {
    const queue: Promise<ChunkResult>[] = []
    for (const chunk of chunks) {
      if (queue.length >= threads * AHEAD) {
        const [first] = queue.splice(0, 1)
        if (first !== undefined) yield await Promise.race([first, failed])
      }
      const member = members.reduce((best, one) => (one.underWay < best.underWay ? one : best))
      member.underWay += 1
      queue.push(
        new Promise((resolve) => {
          waiting.set(chunk.offsetBytes, resolve)
        }),
      )
      member.worker.postMessage({ chunk } satisfies ToWorker)
    }
    for (const result of queue) yield await Promise.race([result, failed])
  } finally {
    signal.removeEventListener('abort', aborted)
    for (const { worker } of members) {
      worker.removeAllListeners('exit')
      await worker.terminate()
    }
  }
}
