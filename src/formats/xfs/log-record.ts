import { crc32cRaw } from '../../bytes/index.ts'
import type { Cursor } from '../../bytes/index.ts'
import type { Geometry } from './superblock.ts'

/** XLOG_HEADER_MAGIC_NUM */
export const RECORD_MAGIC = 0xfe_ed_ba_be

const SECTOR = 512
/** A header holds the first words of so many bytes of a record; longer records have more headers. */
const BYTES_PER_HEADER = 32_768
const CRC_AT = 32
const EXTENDED_HEADER_BYTES = 260
/** sizeof(struct xlog_rec_header) where it was written: 64-bit machines, 32-bit x86. */
const HEADER_BYTES = [328, 324] as const
/** XLOG_UNMOUNT_TRANS */
const UNMOUNT = 0x20

/** Whether a record, which reaches to the end of `record`, says nothing but that the file system was unmounted. */
export function isUnmountRecord(record: Cursor, geometry: Geometry): boolean {
  const length = record.u32be(12)
  const operations = record.u32be(40)
  const headers = headersOf(record, geometry)
  if (operations !== 1 || length < 12) return false
  if (headers + Math.ceil(length / SECTOR) !== record.length / SECTOR) return false
  // xlog_op_header: tid 4, length 4, client 1, flags 1. A cycle number stands where its tid was.
  if ((record.u8(headers * SECTOR + 9) & UNMOUNT) === 0) return false
  return hasSoundChecksum(record, headers, length)
}

function headersOf(record: Cursor, { log }: Geometry): number {
  if (log.version === 1 || (record.u32be(8) & 2) === 0) return 1
  return Math.max(1, Math.ceil(record.u32be(320) / BYTES_PER_HEADER))
}

/** V4 and mkfs write zero for none. */
function hasSoundChecksum(record: Cursor, headers: number, length: number): boolean {
  const found = record.u32le(CRC_AT)
  if (found === 0) return true
  return HEADER_BYTES.some((bytes) => {
    let crc = crc32cRaw(~0, record.slice(0, CRC_AT))
    crc = crc32cRaw(crc, new Uint8Array(4))
    crc = crc32cRaw(crc, record.slice(CRC_AT + 4, bytes - CRC_AT - 4))
    for (let index = 1; index < headers; index += 1) {
      crc = crc32cRaw(crc, record.slice(index * SECTOR, EXTENDED_HEADER_BYTES))
    }
    return ~crc32cRaw(crc, record.slice(headers * SECTOR, length)) >>> 0 === found
  })
}
