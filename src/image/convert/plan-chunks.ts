import { endOf } from '../../bytes/index.ts'
import type { Extent } from '../../bytes/index.ts'

/** A range that the base uses: its bytes have to be there, be they read or known to be zero. */
export type UsedRange = Readonly<{ offsetBytes: number; lengthBytes: number; kind: 'data' | 'zero' }>

/** Zeros that follow one another are one chunk up to this: nothing is read of them, and their digest is known. */
const ZERO_CHUNKS = 32
/** They are longer where there would be more of them: a disk of 64 TiB may hold nothing, and each chunk takes memory. */
const MOST_ZERO_CHUNKS = 65_536

/** A piece of the base that one thread reads, hashes and writes. Chunks that use nothing are left out. */
export type Chunk = Readonly<{
  /** A multiple of the chunk size. */
  offsetBytes: number
  /** The chunk size, but for the last; a multiple of it where all of it is zeros. */
  lengthBytes: number
  /** In order; neighbours of one kind are one. */
  used: readonly UsedRange[]
}>

/**
 * Cuts the extents of a base into chunks. `unallocated` is left out, or taken for data where `freeSpace` is `read`.
 * Extents cover the base from 0 to its end.
 */
export async function* planChunks(
  extents: AsyncIterable<Extent>,
  options: Readonly<{ sizeBytes: number; chunkBytes: number; freeSpace: 'skip' | 'read' }>,
): AsyncGenerator<Chunk, void, undefined> {
  const { sizeBytes, chunkBytes, freeSpace } = options
  const zeroChunks = Math.max(ZERO_CHUNKS, Math.ceil(sizeBytes / chunkBytes / MOST_ZERO_CHUNKS))
  let offsetBytes = 0
  let used: UsedRange[] = []
  const chunk = (): Chunk => ({
    offsetBytes,
    lengthBytes: Math.min(chunkBytes, sizeBytes - offsetBytes),
    used,
  })
  for await (const extent of extents) {
    const kind = extent.kind === 'unallocated' && freeSpace === 'read' ? 'data' : extent.kind
    if (kind === 'unallocated') continue
    for (let at = extent.offsetBytes; at < endOf(extent);) {
      if (kind === 'zero' && at % chunkBytes === 0 && endOf(extent) - at >= chunkBytes) {
        if (used.length > 0) yield chunk()
        const whole = Math.floor((endOf(extent) - at) / chunkBytes)
        const lengthBytes = Math.min(whole, zeroChunks) * chunkBytes
        yield { offsetBytes: at, lengthBytes, used: [{ offsetBytes: at, lengthBytes, kind }] }
        used = []
        at += lengthBytes
        offsetBytes = at
        continue
      }
      const start = Math.floor(at / chunkBytes) * chunkBytes
      if (start !== offsetBytes) {
        if (used.length > 0) yield chunk()
        offsetBytes = start
        used = []
      }
      const end = Math.min(start + chunkBytes, endOf(extent))
      const last = used.at(-1)
      if (last !== undefined && last.kind === kind && endOf(last) === at) {
        used[used.length - 1] = { ...last, lengthBytes: end - last.offsetBytes }
      } else {
        used.push({ offsetBytes: at, lengthBytes: end - at, kind })
      }
      at = end
    }
  }
  if (used.length > 0) yield chunk()
}

/** Whether nothing of a chunk has to be read: all that it uses is zeros. */
export function isZeroChunk({ used }: Chunk): boolean {
  return used.every(({ kind }) => kind === 'zero')
}
