import { endOf } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import type { Chunk, MappedRange } from '../../image/convert/index.ts'
import type { ChunkConverter } from '../../ports/index.ts'

/** A base that is ready to be read. */
export type BaseJob = Readonly<{
  base: ByteSource
  sizeBytes: number
  /** The most that a piece holds. */
  chunkBytes: number
  /** All of it that is in use, in order. */
  chunks: readonly Chunk[]
  /** `none`: no digest is made of any of it. */
  digests?: 'none'
}>

/** The next bytes of a base. Without `bytes` they are zeros, required or free. */
export type BasePiece = Readonly<{
  offsetBytes: number
  lengthBytes: number
  bytes?: Uint8Array<ArrayBuffer>
  mapped: readonly MappedRange[]
  readBytes: number
}>

/**
 * The whole base from its first byte to its last, in order: as it is (`bytes`), or each piece as a frame of Zstandard.
 * Free space comes as zeros. With `sparse` pieces of zeros may be of any length: for who writes none of them, a large disk has no
 * cost but for what is in it.
 */
export async function* streamBase(
  converter: ChunkConverter,
  job: BaseJob,
  use: 'bytes' | 'sparse' | 'zstd',
  signal: AbortSignal,
): AsyncGenerator<BasePiece, void, undefined> {
  let at = 0
  const zeroBytes = use === 'sparse' ? job.sizeBytes : job.chunkBytes
  const run = {
    base: job.base,
    use: use === 'zstd' ? use : 'bytes',
    ...(job.digests && { digests: job.digests }),
  } as const
  for await (const { chunk, mapped, readBytes, bytes } of converter.convert(run, job.chunks, signal)) {
    yield* zeros(at, chunk.offsetBytes, zeroBytes)
    const { offsetBytes, lengthBytes } = chunk
    if (bytes === undefined) {
      // Zeros may be a longer chunk than any piece; its ranges are told once.
      let told = mapped
      for (const piece of zeros(offsetBytes, endOf(chunk), zeroBytes)) {
        yield { ...piece, mapped: told }
        told = []
      }
      at = endOf(chunk)
      continue
    }
    yield { offsetBytes, lengthBytes, mapped, readBytes, bytes }
    at = endOf(chunk)
  }
  yield* zeros(at, job.sizeBytes, zeroBytes)
}

/** How much of a base is in use, in bytes. */
export function usedBytesIn({ chunks }: Pick<BaseJob, 'chunks'>): number {
  return chunks.reduce((sum, chunk) => sum + usedBytesOf(chunk), 0)
}

/** The most that a base takes where it is written: zeros are not. */
export function dataBytesIn({ chunks }: Pick<BaseJob, 'chunks'>): number {
  let sum = 0
  for (const { used } of chunks)
    for (const { kind, lengthBytes } of used) if (kind === 'data') sum += lengthBytes
  return sum
}

/** Takes what was done since the last call, in bytes in use, and tells how much of the base that makes. */
export function tellProgress(
  job: Pick<BaseJob, 'chunks'>,
  tell: (progress: Readonly<{ doneBytes: number; totalBytes: number }>) => void,
): (usedBytes: number) => void {
  const totalBytes = usedBytesIn(job)
  let doneBytes = 0
  return (usedBytes) => {
    doneBytes += usedBytes
    tell({ doneBytes, totalBytes })
  }
}

/** How much of a chunk is in use, in bytes. */
export function usedBytesOf(chunk: Chunk): number {
  return chunk.used.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0)
}

/** Ends at multiples of the chunk size, so that pieces of zeros are alike. */
function* zeros(from: number, to: number, chunkBytes: number): Generator<BasePiece, void, undefined> {
  for (let at = from; at < to;) {
    const end = Math.min(to, (Math.floor(at / chunkBytes) + 1) * chunkBytes)
    yield { offsetBytes: at, lengthBytes: end - at, mapped: [], readBytes: 0 }
    at = end
  }
}
