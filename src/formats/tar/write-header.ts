import { joinBytes } from '../../bytes/index.ts'
import { BLOCK_BYTES } from './header.ts'

/** A member of an archive that is made, as far as POSIX.1-2001 (pax) and its readers know of it. */
export type NewTarMember = Readonly<{
  /** Relative to the root of the tree, in the bytes of its names. */
  path: Uint8Array
  kind: keyof typeof TYPES
  /** Of links. */
  target?: Uint8Array
  /** What follows the header. */
  sizeBytes: number
  /** Where what follows is a map and the parts of a sparse file: how long the file is. */
  sparseSizeBytes?: number
  mode: number
  uid: number
  gid: number
  /** Seconds since 1970, not negative. */
  modifiedSeconds: number
  device?: Readonly<{ major: number; minor: number }>
  xattrs: readonly Readonly<{ nameBytes: Uint8Array; value: Uint8Array }>[]
}>

const TYPES = {
  file: '0',
  'hard link': '1',
  symlink: '2',
  'character device': '3',
  'block device': '4',
  directory: '5',
  fifo: '6',
} as const

const LARGEST = { id: 0o777_7777, size: 0o777_7777_7777, time: 0o777_7777_7777 } as const
const NAME_BYTES = 100
const encoder = new TextEncoder()

/** The end of an archive. */
export const TAR_END_BYTES = 2 * BLOCK_BYTES

/**
 * The header of a member, with an extended header before it where ustar has no room: long names, large numbers, extended
 * attributes (SCHILY.xattr, of star), sparse files (GNU.sparse 1.0). Names are written as the bytes that they are.
 */
export function tarHeader(member: NewTarMember): Uint8Array {
  const records = recordsOf(member)
  const header = ustar(member, TYPES[member.kind], member.sizeBytes)
  if (records.length === 0) return header
  const length = records.reduce((sum, record) => sum + record.length, 0)
  const extended = new Uint8Array(BLOCK_BYTES + padded(length) + BLOCK_BYTES)
  extended.set(ustar({ ...member, path: encoder.encode('pax'), target: new Uint8Array(0) }, 'x', length))
  let at = BLOCK_BYTES
  for (const record of records) {
    extended.set(record, at)
    at += record.length
  }
  extended.set(header, extended.length - BLOCK_BYTES)
  return extended
}

/** How much room content takes: whole blocks. */
export function padded(lengthBytes: number): number {
  return Math.ceil(lengthBytes / BLOCK_BYTES) * BLOCK_BYTES
}

/**
 * What comes before the parts of a sparse file: how many there are, and where each belongs (GNU tar, "PAX Format, Version
 * 1.0"). The last part ends where the file does.
 */
export function sparseMap(
  parts: readonly Readonly<{ offsetBytes: number; lengthBytes: number }>[],
): Uint8Array {
  const numbers = [
    parts.length,
    ...parts.flatMap(({ offsetBytes, lengthBytes }) => [offsetBytes, lengthBytes]),
  ]
  const text = encoder.encode(numbers.map((number) => `${number}\n`).join(''))
  const map = new Uint8Array(padded(text.length))
  map.set(text)
  return map
}

function recordsOf(member: NewTarMember): readonly Uint8Array[] {
  const { path, target, sizeBytes, sparseSizeBytes, uid, gid, xattrs } = member
  const records: Uint8Array[] = []
  const number = (key: string, value: number): void => {
    records.push(paxRecord(encoder.encode(key), encoder.encode(String(value))))
  }
  if (sparseSizeBytes !== undefined) {
    number('GNU.sparse.major', 1)
    number('GNU.sparse.minor', 0)
    number('GNU.sparse.realsize', sparseSizeBytes)
    records.push(paxRecord(encoder.encode('GNU.sparse.name'), path))
  } else if (path.length > NAME_BYTES) records.push(paxRecord(encoder.encode('path'), path))
  if (target !== undefined && target.length > NAME_BYTES)
    records.push(paxRecord(encoder.encode('linkpath'), target))
  if (sizeBytes > LARGEST.size) number('size', sizeBytes)
  if (uid > LARGEST.id) number('uid', uid)
  if (gid > LARGEST.id) number('gid', gid)
  const prefix = encoder.encode('SCHILY.xattr.')
  for (const { nameBytes, value } of xattrs) records.push(paxRecord(joinBytes([prefix, nameBytes]), value))
  return records
}

/** `LENGTH KEY=VALUE\n`, and the length counts itself. */
function paxRecord(key: Uint8Array, value: Uint8Array): Uint8Array {
  const rest = key.length + value.length + 3
  let length = rest + String(rest).length
  if (String(length).length > String(rest).length) length = rest + String(length).length
  return joinBytes([encoder.encode(`${length} `), key, encoder.encode('='), value, encoder.encode('\n')])
}

function ustar(member: NewTarMember, type: string, sizeBytes: number): Uint8Array {
  const { path, target = new Uint8Array(0), mode, uid, gid, modifiedSeconds, device } = member
  const block = new Uint8Array(BLOCK_BYTES)
  const octal = (at: number, digits: number, value: number): void => {
    block.set(encoder.encode(value.toString(8).padStart(digits, '0')), at)
  }
  block.set(path.subarray(0, NAME_BYTES), 0)
  octal(100, 7, mode)
  octal(108, 7, uid > LARGEST.id ? 0 : uid)
  octal(116, 7, gid > LARGEST.id ? 0 : gid)
  octal(124, 11, sizeBytes > LARGEST.size ? 0 : sizeBytes)
  octal(136, 11, Math.min(modifiedSeconds, LARGEST.time))
  block.set(encoder.encode(type), 156)
  block.set(target.subarray(0, NAME_BYTES), 157)
  block.set(encoder.encode('ustar\u000000'), 257)
  octal(329, 7, device?.major ?? 0)
  octal(337, 7, device?.minor ?? 0)
  block.fill(0x20, 148, 156)
  let sum = 0
  for (const byte of block) sum += byte
  block.set(encoder.encode(`${sum.toString(8).padStart(6, '0')}\u0000 `), 148)
  return block
}
