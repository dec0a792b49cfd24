import type { Cursor } from '../../bytes/index.ts'
import { isImpossibleName, kindOfEntry } from './directory-entry.ts'
import type { RawEntry } from './directory-entry.ts'
import type { Inode } from './inode.ts'
import { badField, badMagic, verifySelf } from './volume.ts'
import type { Volume } from './volume.ts'

/**
 * The blocks of a directory that hold entries (xfs_dir2_data_hdr, xfs_dir3_data_hdr), and directories inside their
 * inode (xfs_dir2_sf_hdr). A block is `sb_blocksize << sb_dirblklog` bytes.
 */
const BLOCK_V4 = 0x58_44_32_42
const BLOCK_V5 = 0x58_44_42_33
const DATA_V4 = 0x58_44_32_44
const DATA_V5 = 0x58_44_44_33
const FREE_TAG = 0xffff
const SELF = { crcAt: 4, uuidAt: 24, blockNumberAt: 8, ownerAt: 40 } as const

export const DATA_BLOCK = 'a directory block (xfs_dir2_data)'

/** Checks a block's header and gives where its entries begin and end. */
export function checkDataBlock(
  volume: Volume,
  cursor: Cursor,
  inode: Inode,
): { form: 'block' | 'data'; start: number; end: number } {
  const { v5 } = volume.geometry
  const magic = cursor.u32be(0)
  const form =
    magic === (v5 ? BLOCK_V5 : BLOCK_V4) ? 'block' : magic === (v5 ? DATA_V5 : DATA_V4) ? 'data' : undefined
  if (form === undefined) throw badMagic(cursor, magic, v5 ? DATA_V5 : DATA_V4)
  verifySelf(volume, cursor, SELF, inode.number)
  const start = v5 ? 64 : 16
  if (form === 'data') return { form, start, end: cursor.length }
  // xfs_dir2_block_tail: the index of names stands at the end of the only block.
  const count = cursor.u32be(cursor.length - 8)
  const end = cursor.length - 8 - count * 8
  if (end < start) {
    throw badField(cursor, cursor.length - 8, 'the number of names in the index', count, 'a number that fits')
  }
  return { form, start, end }
}

/** The entries of a block that was checked. */
export function* entriesOfBlock(
  volume: Volume,
  cursor: Cursor,
  start: number,
  end: number,
): Generator<RawEntry, void, undefined> {
  for (let at = start; at < end;) {
    if (cursor.u16be(at) === FREE_TAG) {
      const length = cursor.u16be(at + 2)
      if (length < 8 || length % 8 !== 0 || at + length > end) {
        throw badField(
          cursor,
          at + 2,
          'the length of an unused range',
          length,
          'a multiple of 8 in the block',
        )
      }
      at += length
    } else {
      const { entry, length } = entryAt(volume, cursor, at, end)
      yield entry
      at += length
    }
  }
}

/** One entry (xfs_dir2_data_entry): its tag has to be its own place. */
export function entryAt(
  volume: Volume,
  cursor: Cursor,
  at: number,
  end: number,
): { entry: RawEntry; length: number } {
  const { ftype } = volume.geometry
  const nameLength = cursor.u8(at + 8)
  const length = Math.ceil((8 + 1 + nameLength + (ftype ? 1 : 0) + 2) / 8) * 8
  if (at + length > end) throw badField(cursor, at + 8, 'the length of a name', nameLength, 'less')
  const tag = cursor.u16be(at + length - 2)
  if (tag !== at) throw badField(cursor, at + length - 2, 'the tag of an entry', tag, at)
  const nameBytes = cursor.slice(at + 9, nameLength)
  if (isImpossibleName(nameBytes))
    throw badField(cursor, at + 9, 'a name', 'empty, or with "/" or NUL', 'none of that')
  const kind = ftype ? kindOfEntry(cursor.u8(at + 9 + nameLength)) : 'unknown'
  return { entry: { nameBytes, inode: cursor.safe64be(at), kind }, length }
}

/** A small directory, in its inode. It holds neither `.` nor `..`. */
export function* entriesInInode(volume: Volume, inode: Inode): Generator<RawEntry, void, undefined> {
  const { cursor } = inode.data
  const { ftype } = volume.geometry
  const size = inode.stat.sizeBytes
  if (size > cursor.length)
    throw badField(cursor, 0, 'the size of a directory', size, `at most ${cursor.length}`)
  const count = cursor.u8(0)
  const wide = cursor.u8(1) > 0
  let at = wide ? 10 : 6
  for (let index = 0; index < count; index += 1) {
    const nameLength = cursor.u8(at)
    const behind = at + 3 + nameLength
    const length = 3 + nameLength + (ftype ? 1 : 0) + (wide ? 8 : 4)
    if (at + length > size) throw badField(cursor, at, 'the length of a name', nameLength, 'less')
    const nameBytes = cursor.slice(at + 3, nameLength)
    if (isImpossibleName(nameBytes))
      throw badField(cursor, at + 3, 'a name', 'empty, or with "/" or NUL', 'none of that')
    const kind = ftype ? kindOfEntry(cursor.u8(behind)) : 'unknown'
    const inodeAt = behind + (ftype ? 1 : 0)
    yield { nameBytes, inode: wide ? cursor.safe64be(inodeAt) : cursor.u32be(inodeAt), kind }
    at += length
  }
}
