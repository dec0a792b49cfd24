import { Worker } from 'node:worker_threads'
import type { ByteSource } from '../../bytes/index.ts'
import type { Chunk } from '../../image/convert/index.ts'
import { orderOf } from './chunk-order.ts'
import { raise } from './errors.ts'
import type { PieceDone, PieceFailed, PieceWork } from './piece-messages.ts'

/** A frame of Zstandard with the BLAKE2b-512 of it in hex; neither where all is zeros. */
export type PackedPiece =
  | Readonly<{ packed: Uint8Array<ArrayBuffer>; digest: string }>
  | Readonly<{ packed?: never }>

type Waiting = Readonly<{
  resolve: (done: PieceDone | PieceFailed) => void
  reject: (cause: unknown) => void
}>
type Member = { worker: Worker; underWay: Map<number, Waiting> }

/** A thread keeps its buffers outside of V8's heap, and makes few objects. */
const THREAD_LIMITS = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32 }

/**
 * Threads that read, decompress and pack pieces, as long as the process lives. They start when there is something to do, and
 * do not keep the process alive when there is not.
 *
 * INVARIANTS: a piece is given to one thread, the one with the least to do; whoever closes what a source is made of has to wait
 * for its pieces first, for threads read by descriptor; a thread that ends by itself fails its pieces, and another takes its place.
 */
export class PiecePool {
  readonly #members: Member[] = []
  readonly #threads: number
  #ids = 0

  constructor(threads: number) {
    this.#threads = threads
  }

  /** Of a chunk as of a conversion: what is not used of it is zeros. Throws what the readers throw, and CONVERSION_BROKEN. */
  async pack(source: ByteSource, chunk: Chunk): Promise<PackedPiece> {
    const { signal } = new AbortController()
    const order = await orderOf(source, chunk, 'zstd', undefined, signal)
    const done = await this.#give(source.name, { id: this.#ids++, order })
    if ('why' in done) throw await failureOf(source, chunk, done)
    const { packed, digest } = done
    return packed === undefined || digest === undefined ? {} : { packed, digest }
  }

  #give(image: string, work: PieceWork): Promise<PieceDone | PieceFailed> {
    const member = this.#freest(image)
    const { promise, resolve, reject } = Promise.withResolvers<PieceDone | PieceFailed>()
    member.underWay.set(work.id, { resolve, reject })
    member.worker.ref()
    member.worker.postMessage(work, [])
    return promise
  }

  #freest(image: string): Member {
    const least = this.#members.toSorted((a, b) => a.underWay.size - b.underWay.size)[0]
    if (least !== undefined && (least.underWay.size === 0 || this.#members.length >= this.#threads))
      return least
    const worker = new Worker(new URL('piece-thread.ts', import.meta.url), {
      execArgv: ['--disable-warning=ExperimentalWarning'],
      resourceLimits: THREAD_LIMITS,
    })
    const member: Member = { worker, underWay: new Map() }
    worker.on('message', (done: PieceDone | PieceFailed) => {
      member.underWay.get(done.id)?.resolve(done)
      member.underWay.delete(done.id)
      if (member.underWay.size === 0) worker.unref()
    })
    const broken = (why: string): void => {
      const at = this.#members.indexOf(member)
      if (at !== -1) this.#members.splice(at, 1)
      for (const { reject } of member.underWay.values()) reject(raise('CONVERSION_BROKEN', { image, why }))
      member.underWay.clear()
    }
    worker.on('error', (error) => broken(error.message))
    worker.on('exit', () => broken('a thread that packs pieces ended by itself'))
    this.#members.push(member)
    return member
  }
}

/** What a thread could not read is read once more by the reader itself, which says what is wrong with the image, and where. */
async function failureOf(source: ByteSource, chunk: Chunk, { why }: PieceFailed): Promise<unknown> {
  try {
    for (const { kind, offsetBytes, lengthBytes } of chunk.used) {
      if (kind === 'data') await source.read(offsetBytes, lengthBytes)
    }
  } catch (error) {
    return error
  }
  return raise('CONVERSION_BROKEN', { image: source.name, why })
}
