/**
 * How compressed clusters are decompressed: given by the caller, since this room has no codec. Both take the compressed
 * bytes, behind which others may follow (the next cluster, or the rest of a sector), and fill `into` exactly; anything
 * else rejects. Neither array is touched by others until then. Many calls are under way at a time: an implementation may
 * do them in parallel, and off the main thread.
 */
export type Decompress = Readonly<{
  /** A raw deflate stream (RFC 1951), without header or checksum. */
  inflateRaw: (bytes: Uint8Array, into: Uint8Array) => Promise<void>
  /** One or more frames of Zstandard (RFC 8878). */
  zstd: (bytes: Uint8Array, into: Uint8Array) => Promise<void>
}>
