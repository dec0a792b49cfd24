/**
 * What units of a file system are packed with.
 * - `zlib`: RFC 1950. `deflate`: raw, RFC 1951. `zstd`: one frame, RFC 8878.
 * - `xz`: a stream of one or more blocks, LZMA2 with or without a branch filter.
 * - `lzma`: the older format (LZMA_Alone), with its header of 13 bytes.
 * - `microlzma`: LZMA as EROFS has it: the first byte is the inverted properties, without a header or an end marker.
 * - `lz4`: one block. `lzo`: one stream of LZO1X.
 */
export type Packing = 'zlib' | 'deflate' | 'zstd' | 'xz' | 'lzma' | 'microlzma' | 'lz4' | 'lzo'

/**
 * Decompresses one unit, given by the caller, since pure rooms have no codec. It writes what `packed` holds to the start of
 * `into`, and gives how many bytes that were. It rejects what is damaged or ends early.
 *
 * `whole`: `packed` holds all of it, and more than `into` takes is damage. `start`: it may hold more than is asked for, and
 * the work ends when `into` is full; not for `lzo`. Memory beside `into` stays below 10 MiB. Neither array is touched by others meanwhile.
 */
export type Unpack = (
  packing: Packing,
  packed: Uint8Array,
  into: Uint8Array,
  part: 'whole' | 'start',
) => Promise<number>
