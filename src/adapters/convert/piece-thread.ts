import { hash } from 'node:crypto'
import { parentPort } from 'node:worker_threads'
import { constants, zstdCompressSync } from 'node:zlib'
import { ChunkWork } from './chunk-work.ts'
import { dataRuns } from './data-runs.ts'
import type { PieceDone, PieceFailed, PieceWork } from './piece-messages.ts'

/** Output comes in parts of this size, which the allocator hands out again. */
const OUTPUT_BYTES = 256 * 1024
const PARAMETERS = {
  [constants.ZSTD_c_compressionLevel]: 1,
  [constants.ZSTD_c_checksumFlag]: 1,
} as const

// A thread that packs pieces. What it reads into is kept from piece to piece.
const work = new ChunkWork()
parentPort?.on('message', ({ id, order }: PieceWork) => {
  const done = packed(id, order)
  parentPort?.postMessage(done, 'packed' in done && done.packed !== undefined ? [done.packed.buffer] : [])
})

function packed(id: number, order: PieceWork['order']): PieceDone | PieceFailed {
  try {
    const bytes = work.read(order)
    if (dataRuns(bytes).next().done === true) return { id }
    const frame = zstdCompressSync(bytes, {
      chunkSize: OUTPUT_BYTES,
      params: PARAMETERS,
      pledgedSrcSize: bytes.length,
    })
    const own = new Uint8Array(frame)
    return { id, packed: own, digest: hash('blake2b512', own, 'hex') }
  } catch (error) {
    return { id, why: error instanceof Error ? error.message : String(error) }
  }
}
