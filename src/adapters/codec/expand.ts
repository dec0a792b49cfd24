import {
  constants,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
  inflateRawSync,
  inflateSync,
} from 'node:zlib'
import { directExpander } from './direct-expander.ts'
import { expandFrames, soleFrame } from './zstd-frames.ts'

/** `deflate` is a raw stream (RFC 1951), `zlib` one with a header and a checksum (RFC 1950). */
export type Codec = 'deflate' | 'zlib' | 'zstd'

/** Set where Node has what it stands on; each fills `into` or gives false. */
const direct = {
  deflate: directExpander(() => createInflateRaw(), constants.Z_SYNC_FLUSH, 'needs a reset'),
  zlib: directExpander(() => createInflate(), constants.Z_SYNC_FLUSH, 'needs a reset'),
  zstd: directExpander(() => createZstdDecompress(), constants.ZSTD_e_continue, 'begins anew'),
} as const

/**
 * Compressed pieces, one behind the other, decompressed one behind the other into `output`. `parts` holds for each where
 * it begins and how long it is; what follows it within its length is not its own. Gives the indices of those that did not
 * give exactly `outLength` bytes.
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
    const into = output.subarray(index * outLength, (index + 1) * outLength)
    if (!expandOne(codec, piece, into)) failed.push(index)
  }
  return failed
}

/** One piece, and what follows it and is not its own; false unless it gave all of `into` and no more. */
export function expandOne(codec: Codec, piece: Uint8Array, into: Uint8Array): boolean {
  try {
    return expand(codec, piece, into)
  } catch {
    return false
  }
}

function expand(codec: Codec, piece: Uint8Array, into: Uint8Array): boolean {
  if (codec !== 'zstd') {
    const expander = direct[codec]
    if (expander !== undefined) return expander(piece, into)
  }
  if (codec === 'zstd' && direct.zstd !== undefined) {
    const frame = soleFrame(piece, into.length)
    if (frame !== undefined) return direct.zstd(frame, into)
  }
  return expandByStream(codec, piece, into)
}

/** With what Node documents: a new stream for each piece, and a copy. */
export function expandByStream(codec: Codec, piece: Uint8Array, into: Uint8Array): boolean {
  const bytes =
    codec === 'zstd'
      ? expandFrames(piece, into.length)
      : (codec === 'zlib' ? inflateSync : inflateRawSync)(piece, {
          // One more than is needed: a chunk that is filled makes Node allocate the next.
          chunkSize: Math.max(into.length + 1, 64),
          maxOutputLength: into.length,
          // A stream whose last bytes are missing is whole if all of its output came.
          finishFlush: constants.Z_SYNC_FLUSH,
        })
  if (bytes.length !== into.length) return false
  into.set(bytes)
  return true
}
