import type { Unpack } from './unpack.ts'

/**
 * Decompression and digests for readers of file systems, given by whoever opens a disk: a pure room has neither. All but
 * `unpack` work in place and at once, for pieces of a few hundred kibibytes.
 */
export type Algorithms = Readonly<{
  /**
   * A raw deflate stream (RFC 1951), behind which other bytes may follow. Fills `into` from its beginning and gives how many
   * bytes came. Throws where the stream is damaged, ends early or holds more than `into` does.
   */
  inflateRaw: (bytes: Uint8Array, into: Uint8Array) => number
  /** The same for one frame of Zstandard (RFC 8878). */
  zstd: (bytes: Uint8Array, into: Uint8Array) => number
  unpack: Unpack
  /** Loads a digest; what it gives makes one from bytes. */
  digest: (
    name: 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512' | 'blake2b-256',
  ) => Promise<(bytes: Uint8Array) => Uint8Array>
}>
