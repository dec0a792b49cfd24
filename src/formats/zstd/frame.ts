import { Cursor } from '../../bytes/index.ts'
import { raise } from './errors.ts'

/** RFC 8878: frames are little-endian. */
export const ZSTD_MAGIC = 0xfd_2f_b5_28
/** 0x184d2a50 to 0x184d2a5f (RFC 8878, 3.1.2). */
const SKIPPABLE_MAGIC = 0x18_4d_2a_50

export type Frame = Readonly<{
  kind: 'data' | 'skippable'
  /** From the magic number to behind the last block or the checksum. */
  lengthBytes: number
  /** What it decompresses to, if it says so. */
  contentBytes: number | undefined
}>

const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const

/**
 * Walks one frame that is in memory as a whole, without decompressing it: each block says how long it is. Throws
 * ZSTD_FRAME_INVALID or STRUCTURE_TRUNCATED.
 */
export function readFrame(bytes: Uint8Array, offset = 0): Frame {
  const cursor = new Cursor(bytes, 'Zstandard frame')
  const magic = cursor.u32le(offset)
  if (magic >>> 4 === SKIPPABLE_MAGIC >>> 4) {
    const lengthBytes = 8 + cursor.u32le(offset + 4)
    cursor.slice(offset, lengthBytes)
    return { kind: 'skippable', lengthBytes, contentBytes: undefined }
  }
  if (magic !== ZSTD_MAGIC) {
    throw raise('ZSTD_FRAME_INVALID', {
      offsetBytes: offset,
      field: 'the magic number',
      found: `0x${magic.toString(16)}`,
      expected: '0xfd2fb528',
    })
  }
  const descriptor = cursor.u8(offset + 4)
  const singleSegment = (descriptor >>> 5) & 1
  let at = offset + 5 + (singleSegment === 1 ? 0 : 1) + (DICTIONARY_ID_BYTES[descriptor & 3] ?? 0)
  const sizeField = descriptor >>> 6
  const sizeBytes = sizeField === 0 ? singleSegment : (CONTENT_SIZE_BYTES[sizeField] ?? 0)
  const contentBytes = contentSize(cursor, at, sizeBytes)
  at += sizeBytes
  for (let last = 0; last === 0;) {
    const header = cursor.u8(at) | (cursor.u16le(at + 1) << 8)
    last = header & 1
    const type = (header >>> 1) & 3
    if (type === 3) {
      throw raise('ZSTD_FRAME_INVALID', {
        offsetBytes: at,
        field: 'the block type',
        found: 3,
        expected: '0, 1 or 2',
      })
    }
    // A block of one repeated byte holds only that byte, whatever its size says.
    at += 3 + (type === 1 ? 1 : header >>> 3)
  }
  const lengthBytes = at + ((descriptor >>> 2) & 1) * 4 - offset
  cursor.slice(offset, lengthBytes)
  return { kind: 'data', lengthBytes, contentBytes }
}

function contentSize(cursor: Cursor, at: number, sizeBytes: number): number | undefined {
  if (sizeBytes === 1) return cursor.u8(at)
  if (sizeBytes === 2) return cursor.u16le(at) + 256
  if (sizeBytes === 4) return cursor.u32le(at)
  if (sizeBytes === 8) return cursor.safe64le(at)
  return undefined
}
