import { Cursor } from '../../bytes/index.ts'
import { INODE } from './inode.ts'
import type { Inode } from './inode.ts'

/** h_magic, of the attributes within an inode and of those in a block. */
export const ATTRIBUTES_MAGIC = 0xea_02_00_00
const ENTRY_BYTES = 16

/** e_name_index: https://docs.kernel.org/filesystems/ext4/dynamic.html#extended-attributes */
export const NAME_SPACES = {
  user: 1,
  aclAccess: 2,
  aclDefault: 3,
  trusted: 4,
  security: 6,
  /** The file system's own: inline data. Not listed. */
  system: 7,
  /** Keys of fscrypt. Not listed. */
  encryption: 9,
} as const

/** `struct ext4_xattr_entry` */
export type AttributeEntry = Readonly<{
  index: number
  name: Uint8Array
  /** Beside the entry, or the inode whose content it is (ea_inode). */
  value: Uint8Array | Readonly<{ inode: number; sizeBytes: number }>
}>

/** Those within the inode, behind its fields. */
export function* attributesOfInode(inode: Inode): Generator<AttributeEntry, void, undefined> {
  const area = inode.attributeArea
  if (area.length < 4) return
  const base = inode.offsetBytes + INODE.block + area.byteOffset - inode.blockArea.byteOffset
  const whole = new Cursor(area, 'extended attributes', base)
  if (whole.u32le(0) !== ATTRIBUTES_MAGIC) return
  // Offsets of values count from the first entry.
  yield* entriesOf(whole.sub(4, area.length - 4, 'extended attributes'), 0)
}

/** Entries from `from` on: they end with four zero bytes, or with the structure. */
export function* entriesOf(cursor: Cursor, from: number): Generator<AttributeEntry, void, undefined> {
  for (let at = from; at + 4 <= cursor.length && cursor.u32le(at) !== 0;) {
    const nameBytes = cursor.u8(at)
    const valueOffset = cursor.u16le(at + 2)
    const valueInode = cursor.u32le(at + 4)
    const valueBytes = cursor.u32le(at + 8)
    yield {
      index: cursor.u8(at + 1),
      name: cursor.slice(at + ENTRY_BYTES, nameBytes),
      value:
        valueInode === 0
          ? cursor.slice(valueOffset, valueBytes)
          : { inode: valueInode, sizeBytes: valueBytes },
    }
    at += ENTRY_BYTES + nameBytes + (-nameBytes & 3)
  }
}
