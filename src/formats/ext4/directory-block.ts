import { crc32cRaw } from '../../bytes/index.ts'
import type { Cursor } from '../../bytes/index.ts'
import { kindOfEntryType } from '../filesystem/index.ts'
import type { DirectoryEntry } from '../filesystem/index.ts'
import { hex, raise } from './errors.ts'
import type { Inode } from './inode.ts'
import type { Volume } from './volume.ts'

/** `struct ext4_dir_entry_2` up to its name: https://docs.kernel.org/filesystems/ext4/dynamic.html#linear-classic-directories */
const HEADER_BYTES = 8
/** `struct ext4_dir_entry_tail`: looks like an entry without a name, of a type that does not exist. */
const TAIL = { lengthBytes: 12, type: 0xde } as const

const SLASH = 0x2f
const DOT = 0x2e
// A byte order mark is part of a name like any other character.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** Names and link targets: bytes that are no UTF-8 show as U+FFFD. */
export function decode(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}

/** The entries in a stretch of a directory, but for `.` and `..`, which are not listed. */
export function entriesIn(volume: Volume, directory: Inode, cursor: Cursor): DirectoryEntry[] {
  const found: DirectoryEntry[] = []
  for (const { at, inode, nameBytes, type } of records(volume, directory, cursor)) {
    if (inode === 0 || nameBytes === 0) continue
    const name = cursor.slice(at + HEADER_BYTES, nameBytes)
    if (name[0] === DOT && (nameBytes === 1 || (nameBytes === 2 && name[1] === DOT))) continue
    if (name.includes(SLASH) || name.includes(0))
      throw damaged(directory, cursor.base + at, 'name', JSON.stringify(decode(name)), 'no slash and no NUL')
    if (inode > volume.superblock.fields.inodesCount)
      throw damaged(
        directory,
        cursor.base + at,
        'inode',
        inode,
        `at most ${volume.superblock.fields.inodesCount}`,
      )
    found.push({
      name: decode(name),
      nameBytes: new Uint8Array(name),
      id: BigInt(inode),
      kind: kindOfEntryType(type),
    })
  }
  return found
}

type DirectoryRecord = Readonly<{ at: number; inode: number; nameBytes: number; type: number }>

function* records(
  volume: Volume,
  directory: Inode,
  cursor: Cursor,
): Generator<DirectoryRecord, void, undefined> {
  const withTypes = volume.superblock.features.has('filetype')
  const end = cursor.length
  for (let at = 0; at + HEADER_BYTES <= end;) {
    const length = recordLength(cursor.u16le(at + 4), volume.superblock.blockBytes)
    // Without the feature filetype, the next byte is the upper half of this number, and no name is that long.
    const nameBytes = cursor.u8(at + 6)
    const type = withTypes ? cursor.u8(at + 7) : 0
    if (length < HEADER_BYTES || length % 4 !== 0 || at + length > end)
      throw damaged(directory, cursor.base + at, 'rec_len', length, `a multiple of 4 from 8 to ${end - at}`)
    if (HEADER_BYTES + nameBytes > length)
      throw damaged(directory, cursor.base + at, 'name_len', nameBytes, `at most ${length - HEADER_BYTES}`)
    yield { at, inode: cursor.u32le(at), nameBytes, type }
    at += length
  }
}

/** Blocks of 64 KiB do not fit 16 bits: ext4_rec_len_from_disk in fs/ext4/ext4.h. */
function recordLength(stored: number, blockBytes: number): number {
  if (blockBytes < 65_536) return stored
  return stored === 65_535 || stored === 0 ? blockBytes : (stored & 65_532) | ((stored & 3) << 16)
}

/** Whether a block other than the first of an indexed directory is an inner node: one empty record fills it. */
export function looksLikeIndexNode(volume: Volume, cursor: Cursor): boolean {
  return (
    cursor.u32le(0) === 0 && recordLength(cursor.u16le(4), volume.superblock.blockBytes) === cursor.length
  )
}

/** Throws unless the block's tail holds the checksum of what is before it. Only with metadata_csum. */
export function checkLeaf(directory: Inode, cursor: Cursor): void {
  const seed = directory.checksumSeed
  if (seed === undefined) return
  const at = cursor.length - TAIL.lengthBytes
  const isTail =
    cursor.u32le(at) === 0 &&
    cursor.u16le(at + 4) === TAIL.lengthBytes &&
    cursor.u8(at + 6) === 0 &&
    cursor.u8(at + 7) === TAIL.type
  if (!isTail)
    throw damaged(directory, cursor.base + at, 'tail', 'missing', 'a record of 12 bytes, type 0xde')
  checkSum(directory, cursor, cursor.u32le(at + 8), crc32cRaw(seed, cursor.slice(0, at)), 'leaf')
}

export function checkSum(
  directory: Inode,
  cursor: Cursor,
  found: number,
  expected: number,
  part: 'leaf' | 'index node',
): void {
  if (found === expected) return
  throw raise('EXT4_CHECKSUM_MISMATCH', {
    structure: `${part} of directory inode ${directory.number}`,
    offsetBytes: cursor.base,
    found: hex(found),
    expected: hex(expected),
  })
}

export function damaged(
  directory: Inode,
  offsetBytes: number,
  field: string,
  found: string | number,
  expected: string,
) {
  return raise('EXT4_DIRECTORY_DAMAGED', { inode: directory.number, offsetBytes, field, found, expected })
}
