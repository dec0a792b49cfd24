import { constants, inflateRawSync } from 'node:zlib'
import { expandFrames } from './zstd-frames.ts'

export type Codec = 'deflate' | 'zstd'

/**
 * Compressed pieces, one behind the other, decompressed one behind the other into `output`. `parts` holds for
 * each where it begins and how long it is; what follows it within its length is not its own. Gives the indices of
 * those that did not give exactly `outLength` bytes.
 */
export function expandAll(
  codec: Codec,
  input: Uint8Array,
  parts: Uint32Array,
  outLength: number,
  output: Uint8Array,
): readonly number[] {
  const failed: number[] = []
  for (let index = 0; index * 2 < parts.length; index += 1) {
    const start = parts[index * 2] ?? 0
    const piece = input.subarray(start, start + (parts[index * 2 + 1] ?? 0))
    try {
      const bytes = expandOne(codec, piece, outLength)
      if (bytes.length !== outLength) throw new RangeError('wrong length')
      output.set(bytes, index * outLength)
    } catch {
      failed.push(index)
    }
  }
  return failed
}

function expandOne(codec: Codec, piece: Uint8Array, outLength: number): Uint8Array {
  if (codec === 'zstd') return expandFrames(piece, outLength)
  return inflateRawSync(piece, {
    // One more than is needed: a chunk that is filled makes Node allocate the next.
    chunkSize: Math.max(outLength + 1, 64),
    maxOutputLength: outLength,
    // A stream whose last bytes are missing is whole if all of its output came.
    finishFlush: constants.Z_SYNC_FLUSH,
  })
}
