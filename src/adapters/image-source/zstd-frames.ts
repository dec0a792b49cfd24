import { zstdDecompressSync } from 'node:zlib'
import { readFrame } from '../../formats/zstd/index.ts'

/**
 * Decompresses frames up to `outLength` bytes. Node refuses whatever follows a frame and is none itself, as the rest of
 * a sector does in a qcow2 image, and would go on with the next cluster: so the frames are measured first.
 */
export function expandFrames(piece: Uint8Array, outLength: number): Uint8Array {
  const first = expandFrame(piece, 0, outLength)
  if (first.bytes.length === outLength) return first.bytes
  const parts = [first.bytes]
  let length = first.bytes.length
  let at = first.end
  while (length < outLength) {
    const { bytes, end } = expandFrame(piece, at, outLength - length)
    parts.push(bytes)
    length += bytes.length
    at = end
  }
  return Buffer.concat(parts)
}

function expandFrame(piece: Uint8Array, at: number, room: number): { bytes: Uint8Array; end: number } {
  const { kind, lengthBytes } = readFrame(piece, at)
  const end = at + lengthBytes
  if (kind === 'skippable') return { bytes: new Uint8Array(0), end }
  const bytes = zstdDecompressSync(piece.subarray(at, end), {
    chunkSize: Math.max(room + 1, 64),
    maxOutputLength: room,
  })
  return { bytes, end }
}
