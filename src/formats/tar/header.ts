import type { ByteSource } from '../../bytes/index.ts'
import { raise } from './errors.ts'

export const BLOCK_BYTES = 512

/** One header block: POSIX.1-1988 ustar, old GNU and v7 have these fields in common. */
export type Header = Readonly<{
  name: string
  /** What follows the header in the archive. */
  sizeBytes: number
  /** `0` or NUL for a file, `5` for a directory, `L`, `x`, `S`, … */
  type: string
  /** The whole block: GNU keeps the map of a sparse file in it. */
  block: Uint8Array
}>

/** Whether a block is a header: its checksum is that of its own bytes. An archive has no other sign in common. */
export function isHeader(block: Uint8Array): boolean {
  if (block.length < BLOCK_BYTES || block[0] === 0) return false
  const said = numberAt(block, 148, 8)
  if (said === undefined) return false
  let sum = 0
  for (let index = 0; index < BLOCK_BYTES; index += 1) {
    sum += index >= 148 && index < 156 ? 0x20 : (block[index] ?? 0)
  }
  return sum === said
}

export function parseHeader(source: ByteSource, offsetBytes: number, block: Uint8Array): Header {
  if (!isHeader(block)) {
    throw raise('TAR_DAMAGED', { source: source.name, offsetBytes, problem: 'no header of a member begins' })
  }
  const sizeBytes = numberAt(block, 124, 12)
  if (sizeBytes === undefined) {
    throw raise('TAR_DAMAGED', { source: source.name, offsetBytes, problem: 'the size is no number' })
  }
  const isPosix = textAt(block, 257, 6) === 'ustar' && block[262] === 0
  const prefix = isPosix ? textAt(block, 345, 155) : ''
  const name = textAt(block, 0, 100)
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    sizeBytes,
    type: String.fromCharCode(block[156] ?? 0),
    block,
  }
}

/** Up to the first NUL. */
export function textAt(bytes: Uint8Array, offset: number, length: number): string {
  const field = bytes.subarray(offset, offset + length)
  const end = field.indexOf(0)
  return new TextDecoder().decode(end === -1 ? field : field.subarray(0, end))
}

/** Octal digits, or a big-endian number where the highest bit is set (GNU). Undefined where it is neither, or too large. */
export function numberAt(bytes: Uint8Array, offset: number, length: number): number | undefined {
  const first = bytes[offset] ?? 0
  if (first === 0x80) {
    let value = 0
    for (let index = 1; index < length; index += 1) value = value * 256 + (bytes[offset + index] ?? 0)
    return Number.isSafeInteger(value) ? value : undefined
  }
  const text = textAt(bytes, offset, length).trim()
  return /^[0-7]{1,12}$/.test(text) ? Number.parseInt(text, 8) : undefined
}
