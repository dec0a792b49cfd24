import { crc32cRaw } from '../../bytes/index.ts'
import type { Cursor } from '../../bytes/index.ts'
import { checkSum, damaged } from './directory-block.ts'
import type { Inode } from './inode.ts'

/** Byte offsets within the root, behind the records of `.` and `..`: `struct dx_root`. */
const ROOT = { reserved: 0x18, hashVersion: 0x1c, infoBytes: 0x1d, levels: 0x1e, entries: 0x20 } as const
/** An inner node begins with one empty record: `struct dx_node`. */
const NODE_ENTRIES = 8
const ENTRY_BYTES = 8
const NO_CHECKSUM = new Uint8Array(4)

export type HashTreeNode = Readonly<{
  cursor: Cursor
  /** Where the entries begin. The first of them holds limit and count in place of a hash. */
  at: number
  count: number
}>

export type HashTreeRoot = HashTreeNode & Readonly<{ hashVersion: number; levels: number }>

/** The index of a directory, from its first block: https://docs.kernel.org/filesystems/ext4/dynamic.html#hash-tree-directories */
export function parseRoot(directory: Inode, cursor: Cursor): HashTreeRoot {
  const infoBytes = cursor.u8(ROOT.infoBytes)
  if (cursor.u32le(ROOT.reserved) !== 0 || infoBytes !== 8)
    throw damaged(directory, cursor.base + ROOT.infoBytes, 'info_length', infoBytes, '8')
  return {
    ...parseEntries(directory, cursor, ROOT.entries),
    hashVersion: cursor.u8(ROOT.hashVersion),
    levels: cursor.u8(ROOT.levels),
  }
}

export function parseIndexNode(directory: Inode, cursor: Cursor): HashTreeNode {
  return parseEntries(directory, cursor, NODE_ENTRIES)
}

/** The hash from which on names are below the entry; 0 for the first. */
export function hashOf({ cursor, at }: HashTreeNode, index: number): number {
  return index === 0 ? 0 : cursor.u32le(at + index * ENTRY_BYTES)
}

/** The directory's logical block that the entry leads to. The upper four bits are reserved. */
export function blockOf({ cursor, at }: HashTreeNode, index: number): number {
  return cursor.u32le(at + index * ENTRY_BYTES + 4) & 0x0f_ff_ff_ff
}

function parseEntries(directory: Inode, cursor: Cursor, at: number): HashTreeNode {
  const seed = directory.checksumSeed
  const [limit, count] = [cursor.u16le(at), cursor.u16le(at + 2)]
  // With checksums, the room of one entry is the tail's.
  const most = Math.floor((cursor.length - at) / ENTRY_BYTES) - (seed === undefined ? 0 : 1)
  if (limit > most) throw damaged(directory, cursor.base + at, 'dx_limit', limit, `at most ${most}`)
  if (count === 0 || count > limit)
    throw damaged(directory, cursor.base + at + 2, 'dx_count', count, `1 to ${limit}`)
  if (seed !== undefined) {
    const tail = at + limit * ENTRY_BYTES
    // ext4_dx_csum in fs/ext4/namei.c: entries in use, the tail's reserved word, zeros in place of the checksum.
    let crc = crc32cRaw(seed, cursor.slice(0, at + count * ENTRY_BYTES))
    crc = crc32cRaw(crc, cursor.slice(tail, 4))
    crc = crc32cRaw(crc, NO_CHECKSUM)
    checkSum(directory, cursor, cursor.u32le(tail + 4), crc, 'index node')
  }
  return { cursor, at, count }
}
