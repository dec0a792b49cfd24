import { toSafe } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { raise } from './errors.ts'
import { checksumOf } from './footer.ts'
import type { Footer } from './footer.ts'
import {
  DYNAMIC_CHECKSUM_OFFSET,
  DYNAMIC_COOKIE,
  DYNAMIC_HEADER,
  MAJOR_VERSION,
  MAX_BLOCK_BYTES,
  SECTOR_BYTES,
} from './layout.ts'

export type DynamicHeader = Readonly<{
  tableOffset: number
  blockBytes: number
  /** Before the data of each block: a bit for each of its sectors, in whole sectors. */
  bitmapBytes: number
}>

/** Throws VHD_HEADER_INVALID, VHD_VERSION_UNSUPPORTED, VHD_DIFFERENCING. */
export async function readDynamicHeader(
  source: ByteSource,
  footer: Footer,
  signal?: AbortSignal,
): Promise<DynamicHeader> {
  const offset = toSafe(footer.headerOffset, 'the data offset of the VHD footer')
  const invalid = (field: string, at: number, found: number | string, expected: string) =>
    raise('VHD_HEADER_INVALID', { source: source.name, field, offsetBytes: at, found, expected })
  if (offset + DYNAMIC_HEADER.sizeBytes > source.size) {
    throw invalid('the data offset of the footer', 16, offset, `at most ${source.size - 1024}`)
  }
  const block = await source.read(offset, DYNAMIC_HEADER.sizeBytes, signal)
  const header = DYNAMIC_HEADER.read(block, offset)
  if (header.cookie !== DYNAMIC_COOKIE) throw invalid('the cookie', offset, header.cookie, DYNAMIC_COOKIE)
  const checksum = checksumOf(block, DYNAMIC_CHECKSUM_OFFSET)
  if (checksum !== header.checksum) {
    throw invalid('the checksum', offset + DYNAMIC_CHECKSUM_OFFSET, header.checksum, String(checksum))
  }
  if (header.version >>> 16 !== MAJOR_VERSION) {
    const version = `${header.version >>> 16}.${header.version & 0xffff} in its dynamic disk header`
    throw raise('VHD_VERSION_UNSUPPORTED', { source: source.name, version })
  }
  if (footer.type === 'differencing') {
    const name = new TextDecoder('utf-16be').decode(header.parentName).split('\0')[0] ?? ''
    throw raise('VHD_DIFFERENCING', { source: source.name, name })
  }
  const { blockBytes, tableEntries } = header
  const tableOffset = toSafe(header.tableOffset, 'the table offset of the VHD')
  const isPower = blockBytes > 0 && (blockBytes & (blockBytes - 1)) === 0
  if (!isPower || blockBytes < SECTOR_BYTES || blockBytes > MAX_BLOCK_BYTES) {
    throw invalid('the block size', offset + 32, blockBytes, `a power of two, 512 to ${MAX_BLOCK_BYTES}`)
  }
  const needed = Math.ceil(footer.sizeBytes / blockBytes)
  if (tableEntries < needed) {
    throw invalid('the count of table entries', offset + 28, tableEntries, `at least ${needed}`)
  }
  if (tableOffset < SECTOR_BYTES || tableOffset + needed * 4 > source.size) {
    throw invalid(
      'the table offset',
      offset + 16,
      tableOffset,
      'a place inside the file, behind its first sector',
    )
  }
  const bitmapBytes = Math.ceil(blockBytes / SECTOR_BYTES / 8 / SECTOR_BYTES) * SECTOR_BYTES
  return { tableOffset, blockBytes, bitmapBytes }
}
