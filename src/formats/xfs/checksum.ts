import { formatHex32 } from '../../core/index.ts'
import { crc32cRaw } from '../../bytes/index.ts'
import { raise } from './errors.ts'

const ZERO = new Uint8Array(4)

/** CRC-32C of a structure with its own checksum field taken for zeros (xfs_cksum.h). Stored little-endian, alone here. */
export function checksumOf(block: Uint8Array, crcAt: number): number {
  const before = crc32cRaw(~0, block.subarray(0, crcAt))
  const inside = crc32cRaw(before, ZERO)
  return ~crc32cRaw(inside, block.subarray(crcAt + 4)) >>> 0
}

/** Throws XFS_BAD_CHECKSUM, with the structure and where it lies in the source, in bytes. */
export function verifyChecksum(
  block: Uint8Array,
  crcAt: number,
  what: Readonly<{ structure: string; base: number }>,
): void {
  const found = new DataView(block.buffer, block.byteOffset, block.byteLength).getUint32(crcAt, true)
  const expected = checksumOf(block, crcAt)
  if (found === expected) return
  throw raise('XFS_BAD_CHECKSUM', {
    structure: what.structure,
    offsetBytes: what.base,
    expected: formatHex32(expected),
    found: formatHex32(found),
  })
}
