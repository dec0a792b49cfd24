import { closeSync, openSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { ByteSource } from '../../bytes/index.ts'
import { isZeroChunk } from '../../image/convert/index.ts'
import type { Chunk, MappedRange } from '../../image/convert/index.ts'
import type { ChunkResult, ChunkUse } from '../../ports/index.ts'
import { dataBytesOf, orderOf } from './chunk-order.ts'
import { raise } from './errors.ts'
import { sha256OfZeros } from './zero-digest.ts'
import type { ChunkDone, ChunkFailed, ChunkOrder } from './messages.ts'

/** Chunks that a thread has at a time: one to work on, and one for when it is done. */
const AHEAD = 2
const MOST_THREADS = 8
/** A thread keeps its buffers outside of V8's heap, and makes few objects. */
const THREAD_LIMITS = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32 }

type Job = Readonly<{ base: ByteSource; use: ChunkUse; outputPath?: string; digests?: 'none' }>
type Member = { worker: Worker; underWay: number }

/**
 * The threads of one conversion. Where bytes are is found here; they are read, decompressed, hashed and written there.
 *
 * INVARIANTS: a chunk is given to one thread; results come in the order of the chunks; at most AHEAD × threads chunks
 * are under way or wait for an earlier one, so memory is bounded however slow the taker is; after the first failure
 * nothing more is given out; when it ends, no thread uses a descriptor any more.
 */
export async function* convertChunks(
  job: Job,
  chunks: readonly Chunk[],
  signal: AbortSignal,
): AsyncGenerator<ChunkResult, void, undefined> {
  signal.throwIfAborted()
  const { base, use, outputPath, digests } = job
  const outputFd = outputPath === undefined ? undefined : openOutput(outputPath)
  const { promise: failed, reject: fail } = Promise.withResolvers<never>()
  failed.catch(() => undefined)
  const aborted = (): void => fail(signal.reason)
  signal.addEventListener('abort', aborted, { once: true })
  const waiting = new Map<number, (done: ChunkDone | ChunkFailed) => void>()
  const threads = Math.min(MOST_THREADS, availableParallelism(), chunks.length)
  const members = Array.from({ length: threads }, () => startMember(base.name, waiting, fail))

  const give = (order: ChunkOrder): Promise<ChunkDone | ChunkFailed> => {
    const member = members.reduce((best, one) => (one.underWay < best.underWay ? one : best))
    const { promise, resolve } = Promise.withResolvers<ChunkDone | ChunkFailed>()
    waiting.set(order.offsetBytes, resolve)
    member.underWay += 1
    member.worker.postMessage({ ...order, ...(digests && { digests }) } satisfies ChunkOrder, [])
    return promise
  }
  const take = async (one: UnderWay | ChunkResult): Promise<ChunkResult> => {
    if (!('done' in one)) return one
    const { chunk, order, done } = one
    const result = await Promise.race([done, failed])
    if ('why' in result) throw await failureOf(job, chunk, result, signal)
    const { sha256, writtenBytes, bytes, clusters } = result
    const mapped = order.runs.map(({ at, lengthBytes }, index): MappedRange => {
      const own = sha256[index]
      return { offsetBytes: chunk.offsetBytes + at, lengthBytes, ...(own !== undefined && { sha256: own }) }
    })
    const found = { chunk, mapped, readBytes: dataBytesOf(chunk), writtenBytes }
    return { ...found, ...(bytes && { bytes }), ...(clusters && { clusters }) }
  }

  try {
    const queue: (UnderWay | ChunkResult)[] = []
    for (const chunk of chunks) {
      const isZero = isZeroChunk(chunk)
      if (isZero && queue.length === 0) {
        yield zeroResult(chunk, digests)
        continue
      }
      const order = isZero ? undefined : await orderOf(base, chunk, use, outputFd, signal)
      if (queue.length >= threads * AHEAD) {
        const [first] = queue.splice(0, 1)
        if (first !== undefined) yield await take(first)
      }
      queue.push(
        order === undefined
          ? zeroResult(chunk, digests)
          : { chunk, order: { runs: order.runs }, done: give(order) },
      )
    }
    for (const one of queue) yield await take(one)
  } finally {
    signal.removeEventListener('abort', aborted)
    for (const { worker } of members) {
      worker.removeAllListeners('exit')
      await worker.terminate()
    }
    if (outputFd !== undefined) closeSync(outputFd)
  }
}

/** Nothing is read or written of zeros, and nothing given: whoever takes the results knows them for a hole. */
function zeroResult(chunk: Chunk, digests: Job['digests']): ChunkResult {
  const mapped = chunk.used.map(({ offsetBytes, lengthBytes }) => ({
    offsetBytes,
    lengthBytes,
    ...(digests === undefined && { sha256: sha256OfZeros(lengthBytes) }),
  }))
  return { chunk, mapped, readBytes: 0, writtenBytes: 0 }
}

type UnderWay = Readonly<{
  chunk: Chunk
  order: Pick<ChunkOrder, 'runs'>
  done: Promise<ChunkDone | ChunkFailed>
}>

function startMember(
  image: string,
  waiting: Map<number, (done: ChunkDone | ChunkFailed) => void>,
  fail: (cause: unknown) => void,
): Member {
  const worker = new Worker(new URL('chunk-thread.ts', import.meta.url), {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    resourceLimits: THREAD_LIMITS,
  })
  const member: Member = { worker, underWay: 0 }
  worker.on('message', (done: ChunkDone | ChunkFailed) => {
    member.underWay -= 1
    waiting.get(done.offsetBytes)?.(done)
    waiting.delete(done.offsetBytes)
  })
  const broken = (why: string): void => fail(raise('CONVERSION_BROKEN', { image, why }))
  worker.on('error', (error) => broken(error.message))
  worker.on('exit', () => broken('a thread of the conversion ended by itself'))
  return member
}

/**
 * What a thread could not read is read once more by the reader itself, which says what is wrong with the image, and where.
 */
async function failureOf(
  { base, outputPath = '' }: Job,
  chunk: Chunk,
  { during, why }: ChunkFailed,
  signal: AbortSignal,
): Promise<unknown> {
  if (during === 'write') return raise('OUTPUT_UNWRITABLE', { path: outputPath, why })
  try {
    for (const { kind, offsetBytes, lengthBytes } of chunk.used) {
      if (kind === 'data') await base.read(offsetBytes, lengthBytes, signal)
    }
  } catch (error) {
    return error
  }
  return raise('CONVERSION_BROKEN', { image: base.name, why })
}

function openOutput(path: string): number {
  try {
    return openSync(path, 'r+')
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw raise('OUTPUT_UNWRITABLE', { path, why }, error)
  }
}
