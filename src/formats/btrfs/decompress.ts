import type { Algorithms } from '../../bytes/index.ts'
import { Cursor } from '../../bytes/index.ts'
import { decompressLzo1x } from '../lzo/index.ts'
import { raise } from './errors.ts'
import type { Compression } from './file-extents.ts'

export type Packed = Readonly<{
  compression: Exclude<Compression, 'none'>
  bytes: Uint8Array
  /** What comes out; what is missing at the end is zeros. */
  wholeBytes: number
  sectorSize: number
  /** For messages. */
  logical: number
}>

/** Throws BTRFS_EXTENT_DAMAGED. */
export function decompress(packed: Packed, algorithms: Algorithms): Uint8Array {
  const into = new Uint8Array(packed.wholeBytes)
  try {
    switch (packed.compression) {
      case 'zlib':
        // As the kernel does: without the header of two bytes, so without its checksum. Data have one of their own.
        algorithms.inflateRaw(packed.bytes.subarray(2), into)
        break
      case 'zstd':
        algorithms.zstd(packed.bytes, into)
        break
      case 'lzo':
        unpackLzo(packed, into)
    }
  } catch (error) {
    const { compression, logical, bytes, wholeBytes } = packed
    throw raise(
      'BTRFS_EXTENT_DAMAGED',
      { compression, logical, lengthBytes: bytes.length, expectedBytes: wholeBytes },
      error,
    )
  }
  return into
}

/**
 * The length of all, then segments, each with its length before it and a sector at most in it. No length crosses the
 * border of a sector: where fewer than four bytes are left, it begins in the next (fs/btrfs/lzo.c).
 */
function unpackLzo({ bytes, sectorSize }: Packed, into: Uint8Array): void {
  const cursor = new Cursor(bytes, 'an extent in LZO')
  const end = cursor.u32le(0)
  cursor.slice(0, end)
  let filled = 0
  for (let at = 4; at < end && filled < into.length;) {
    const left = sectorSize - (at % sectorSize)
    if (left < 4) {
      at += left
      continue
    }
    const length = cursor.u32le(at)
    const segment = cursor.slice(at + 4, length)
    const room = Math.min(sectorSize, into.length - filled)
    filled += decompressLzo1x(segment, into.subarray(filled, filled + room))
    at += 4 + length
  }
}
