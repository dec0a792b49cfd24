import { crc32, crc32Raw } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { GPT_HEADER, GPT_SIGNATURE, MOST_ENTRIES_BYTES } from './layout.ts'

export type Header = ReturnType<typeof GPT_HEADER.read>

/** One of the two copies, with every checksum verified. */
export type Copy = Readonly<{
  header: Header
  sectorSizeBytes: number
  /** In the image, in bytes. */
  entriesOffsetBytes: number
  entries: Uint8Array
}>

/** Why a copy cannot be used, in words that fit in brackets. */
export type Damage = Readonly<{ damage: string; absent: boolean }>

export type Where = Readonly<{ sector: number; sectorSizeBytes: number }>

/** A copy whose header is in this sector; a damaged one is an answer, not an error. Reads the sector and the entries. */
export async function readCopy(
  source: ByteSource,
  where: Where,
  signal?: AbortSignal,
): Promise<Copy | Damage> {
  const { sector, sectorSizeBytes } = where
  const offset = sector * sectorSizeBytes
  if (sector < 1 || offset + sectorSizeBytes > source.size) return bad('the image ends before it', true)
  const block = await source.read(offset, sectorSizeBytes, signal)
  if (!hasSignature(block)) return bad('there is no header', true)
  const header = GPT_HEADER.read(block, offset)
  // Any revision 1.x has these fields at these places.
  if (header.revision >>> 16 !== 1) return bad(`its revision is 0x${header.revision.toString(16)}`)
  if (header.headerBytes < GPT_HEADER.sizeBytes || header.headerBytes > sectorSizeBytes) {
    return bad(`its header has ${header.headerBytes} bytes`)
  }
  if (headerCrc(block.subarray(0, header.headerBytes)) !== header.headerCrc) {
    return bad('the checksum of its header is wrong')
  }
  if (header.mySector !== BigInt(sector)) {
    return bad(`it lies in sector ${sector} and says ${header.mySector}`)
  }
  // 128 × 2^n (table 5.5); the length is bounded before anything is read.
  const { entryBytes, entryCount } = header
  if (entryBytes < 128 || (entryBytes & (entryBytes - 1)) !== 0 || entryBytes > 4096) {
    return bad(`an entry has ${entryBytes} bytes`)
  }
  const entriesBytes = entryBytes * entryCount
  if (entriesBytes > MOST_ENTRIES_BYTES) return bad(`it has ${entryCount} entries`)
  const lastSector = BigInt(Math.floor(source.size / sectorSizeBytes))
  if (header.entriesSector >= lastSector) return bad(`its entries begin at sector ${header.entriesSector}`)
  const entriesOffsetBytes = Number(header.entriesSector) * sectorSizeBytes
  if (entriesOffsetBytes + entriesBytes > source.size) return bad('the image ends inside of its entries')
  const entries = await source.read(entriesOffsetBytes, entriesBytes, signal)
  if (crc32(entries) !== header.entriesCrc) return bad('the checksum of its entries is wrong')
  return { header, sectorSizeBytes, entriesOffsetBytes, entries }
}

/** Over the header with its own checksum taken for zero. */
export function headerCrc(header: Uint8Array): number {
  let register = crc32Raw(~0, header.subarray(0, 16))
  register = crc32Raw(register, new Uint8Array(4))
  return ~crc32Raw(register, header.subarray(20)) >>> 0
}

export function hasSignature(block: Uint8Array): boolean {
  return block.length >= 8 && GPT_SIGNATURE.every((byte, index) => block[index] === byte)
}

function bad(damage: string, absent?: true): Damage {
  return { damage, absent: absent === true }
}
