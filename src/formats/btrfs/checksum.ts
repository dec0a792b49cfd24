import { toHex } from '../../core/index.ts'
import { crc32c } from '../../bytes/index.ts'
import type { Algorithms } from '../../bytes/index.ts'
import { raise } from './errors.ts'
import { xxh64 } from './xxh64.ts'

/** One of the four algorithms that a file system has for metadata and data alike. */
export type Checksum = Readonly<{
  /** As mkfs.btrfs calls it. */
  name: 'crc32c' | 'xxhash64' | 'sha256' | 'blake2'
  sizeBytes: number
  /** In the byte order of the disk. */
  of: (bytes: Uint8Array) => Uint8Array
}>

/** What a header reserves, whatever the algorithm takes. */
const CHECKSUM_ROOM = 32

/** BTRFS_CSUM_TYPE_…; undefined for a type that nobody knows. */
export async function checksumOf(type: number, algorithms: Algorithms): Promise<Checksum | undefined> {
  switch (type) {
    case 0:
      return { name: 'crc32c', sizeBytes: 4, of: (bytes) => littleEndian(crc32c(bytes)) }
    case 1:
      return { name: 'xxhash64', sizeBytes: 8, of: xxh64 }
    case 2:
      return { name: 'sha256', sizeBytes: 32, of: await algorithms.digest('sha256') }
    case 3:
      return { name: 'blake2', sizeBytes: 32, of: await algorithms.digest('blake2b-256') }
    default:
      return undefined
  }
}

/** Throws BTRFS_BAD_CHECKSUM unless the block begins with the checksum of what follows the room for it. */
export function verifyBlock(
  checksum: Checksum,
  block: Uint8Array,
  what: Readonly<{ structure: string; base: number }>,
): void {
  const expected = checksum.of(block.subarray(CHECKSUM_ROOM))
  if (equal(block.subarray(0, checksum.sizeBytes), expected)) return
  throw raise('BTRFS_BAD_CHECKSUM', {
    structure: what.structure,
    offsetBytes: what.base,
    algorithm: checksum.name,
    found: toHex(block.subarray(0, checksum.sizeBytes)),
    expected: toHex(expected),
  })
}

export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let index = 0; index < a.length; index += 1) if (a[index] !== b[index]) return false
  return true
}

function littleEndian(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value, true)
  return bytes
}
