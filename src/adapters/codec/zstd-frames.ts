import { zstdDecompressSync } from 'node:zlib'
import { readFrame } from '../../formats/zstd/index.ts'

/**
 * The first frame of a piece if it says that it holds all of the `outLength` bytes, without what follows it: the rest of
 * a sector, and the next cluster.
 */
export function soleFrame(piece: Uint8Array, outLength: number): Uint8Array | undefined {
  const { lengthBytes, contentBytes } = readFrame(piece)
  return contentBytes === outLength ? piece.subarray(0, lengthBytes) : undefined
}

/** Decompresses frames up to `outLength` bytes. Node refuses whatever follows a frame and is none itself. */
export function expandFrames(piece: Uint8Array, outLength: number): Uint8Array {
  const parts: Uint8Array[] = []
  for (let at = 0, length = 0; length < outLength;) {
    const { kind, lengthBytes } = readFrame(piece, at)
    const end = at + lengthBytes
    if (kind === 'data') {
      const room = outLength - length
      const options = { chunkSize: Math.max(room + 1, 64), maxOutputLength: room }
      const bytes = zstdDecompressSync(piece.subarray(at, end), options)
      parts.push(bytes)
      length += bytes.length
    }
    at = end
  }
  return Buffer.concat(parts)
}
