import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { VerityTreeMaker } from '../../formats/dmverity/index.ts'
import type { HashTreeWriter } from '../../ports/index.ts'
import { writeAll } from './write-all.ts'

/** A multiple of a block. */
const PIECE_BYTES = 1 << 20
const BLOCK_BYTES = 4096

/** What `veritysetup format` makes, in the file of the data itself. */
export function hashTreeWriter(): HashTreeWriter {
  return {
    async append({ path, offsetBytes, sizeBytes }, signal) {
      const maker = new VerityTreeMaker((bytes) => createHash('sha256').update(bytes).digest())
      let filled = 0
      let piece = Buffer.allocUnsafe(PIECE_BYTES)
      const range = { start: offsetBytes, end: offsetBytes + sizeBytes - 1 }
      for await (const read of createReadStream(path, { ...range, highWaterMark: PIECE_BYTES, signal })) {
        const bytes = read as Buffer
        for (let at = 0; at < bytes.length;) {
          const copied = bytes.copy(piece, filled, at)
          at += copied
          filled += copied
          if (filled < PIECE_BYTES) continue
          maker.add(piece)
          piece = Buffer.allocUnsafe(PIECE_BYTES)
          filled = 0
        }
      }
      maker.add(piece.subarray(0, filled))
      const { bytes, rootHash, dataBlocks } = maker.end()
      const dataBytes = dataBlocks * BLOCK_BYTES
      await writeBehind(path, offsetBytes + sizeBytes, [new Uint8Array(dataBytes - sizeBytes), bytes])
      return { rootHash, offsetBytes: dataBytes, endBytes: dataBytes + bytes.length }
    },
  }
}

async function writeBehind(path: string, offset: number, parts: readonly Uint8Array[]): Promise<void> {
  const file = await open(path, 'r+')
  try {
    let at = offset
    for (const part of parts) {
      await writeAll(file, part, at)
      at += part.length
    }
  } finally {
    await file.close()
  }
}
