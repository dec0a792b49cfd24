import { raise } from './errors.ts'
import type { ByteSource } from './source.ts'

/** Throws READ_BEYOND_END unless the range lies in the source. */
export function checkRange(source: ByteSource, offset: number, length: number): void {
  const sound = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0
  if (!sound || offset + length > source.size) {
    throw raise('READ_BEYOND_END', {
      source: source.name,
      offsetBytes: offset,
      lengthBytes: length,
      sizeBytes: source.size,
    })
  }
}

/** Narrows a 64-bit field of a disk; throws VALUE_TOO_LARGE above 2^53 - 1 (and below zero). */
export function toSafe(value: bigint, what: string): number {
  if (value < 0n || value > 9_007_199_254_740_991n) {
    throw raise('VALUE_TOO_LARGE', { what, value: value.toString() })
  }
  return Number(value)
}

/** How many bytes the disk in an image has, as the image says; throws DISK_SIZE_UNSUPPORTED above 2^53 - 1. */
export function toDiskSize(sizeBytes: bigint, source: ByteSource): number {
  if (sizeBytes > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw raise('DISK_SIZE_UNSUPPORTED', { source: source.name, sizeBytes: sizeBytes.toString() })
  }
  return Number(sizeBytes)
}
