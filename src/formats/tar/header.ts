import { raise } from './errors.ts'

export const BLOCK_BYTES = 512

/** One header block: POSIX.1-1988 ustar, old GNU, star and v7 have these fields in common. */
export type Header = Readonly<{
  /** Byte for byte, without the NUL at its end. */
  path: Uint8Array
  /** What a link leads to. */
  link: Uint8Array
  /** What follows the header in the archive. */
  sizeBytes: number
  /** `0` or NUL for a file, `5` for a directory, `L`, `x`, `S`, … */
  type: string
  /** 0o7777 and whatever else the maker wrote there. */
  mode: number
  uid: number
  gid: number
  modifiedSeconds: number
  major: number
  minor: number
  /** The whole block: GNU keeps the map of a sparse file in it. */
  block: Uint8Array
}>

const UTF8 = new TextDecoder()

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

/** `archive` and `offsetBytes` are for messages. Throws TAR_DAMAGED. */
export function parseHeader(archive: string, offsetBytes: number, block: Uint8Array): Header {
  const damaged = (problem: string): Error => raise('TAR_DAMAGED', { source: archive, offsetBytes, problem })
  if (!isHeader(block)) throw damaged('no header of a member begins')
  const sizeBytes = numberAt(block, 124, 12)
  if (sizeBytes === undefined) throw damaged('the size is no number')
  const number = (what: string, offset: number, length: number): number => {
    const value = signedAt(block, offset, length)
    if (value === undefined) throw damaged(`the ${what} is no number`)
    return value
  }
  const isPosix = textAt(block, 257, 6) === 'ustar' && block[262] === 0
  const type = String.fromCharCode(block[156] ?? 0)
  const isDevice = type === '3' || type === '4'
  const name = bytesAt(block, 0, 100)
  // star has a shorter prefix, and times behind it.
  const prefix = isPosix
    ? bytesAt(block, 345, textAt(block, 508, 4) === 'tar' ? 131 : 155)
    : name.subarray(0, 0)
  return {
    path: prefix.length === 0 ? name : joined(prefix, name),
    link: bytesAt(block, 157, 100),
    sizeBytes,
    type,
    mode: number('mode', 100, 8),
    uid: number('owner', 108, 8),
    gid: number('group', 116, 8),
    modifiedSeconds: number('time', 136, 12),
    major: isDevice ? number('device', 329, 8) : 0,
    minor: isDevice ? number('device', 337, 8) : 0,
    block,
  }
}

function joined(prefix: Uint8Array, name: Uint8Array): Uint8Array {
  const path = new Uint8Array(prefix.length + 1 + name.length)
  path.set(prefix)
  path[prefix.length] = 0x2f
  path.set(name, prefix.length + 1)
  return path
}

/** Up to the first NUL. */
export function bytesAt(bytes: Uint8Array, offset: number, length: number): Uint8Array {
  const field = bytes.subarray(offset, offset + length)
  const end = field.indexOf(0)
  return end === -1 ? field : field.subarray(0, end)
}

/** Up to the first NUL. */
function textAt(bytes: Uint8Array, offset: number, length: number): string {
  return UTF8.decode(bytesAt(bytes, offset, length))
}

/** Octal digits, or a big-endian number where the highest bit is set (GNU). Undefined where it is neither, or too large. */
export function numberAt(bytes: Uint8Array, offset: number, length: number): number | undefined {
  const value = signedAt(bytes, offset, length)
  if (value === undefined || value < 0) return undefined
  // An empty field is a number only where nothing depends on it.
  return value === 0 && textAt(bytes, offset, length).trim() === '' && bytes[offset] !== 0x80
    ? undefined
    : value
}

/** As `numberAt`; GNU also writes negative ones (times before 1970), and an empty field is zero. */
function signedAt(bytes: Uint8Array, offset: number, length: number): number | undefined {
  const first = bytes[offset] ?? 0
  if (first === 0x80 || first === 0xff) {
    let value = first === 0xff ? -1 : 0
    for (let index = 1; index < length; index += 1) value = value * 256 + (bytes[offset + index] ?? 0)
    return Number.isSafeInteger(value) ? value : undefined
  }
  const text = textAt(bytes, offset, length).trim()
  if (text === '') return 0
  return /^[0-7]{1,12}$/.test(text) ? Number.parseInt(text, 8) : undefined
}
