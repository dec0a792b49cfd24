import type { ByteSource } from '../../bytes/index.ts'
import { decompressed } from './decompressed.ts'
import { streamOf } from './stream-of.ts'
import type { Compression } from './wrapper.ts'

/** What a compressed source holds, as a stream: gzip, xz and Zstandard here, others by the program of that name. */
export function decompressedStream(
  compression: Compression,
  packed: ByteSource,
  signal?: AbortSignal,
): AsyncIterable<Uint8Array> {
  return decompressed(compression, streamOf(packed, signal))
}
