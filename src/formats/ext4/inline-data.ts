import { Cursor } from '../../bytes/index.ts'
import { hex, raise } from './errors.ts'
import { BLOCK_AREA_BYTES, INODE } from './inode.ts'
import type { Inode } from './inode.ts'
import type { Volume } from './volume.ts'

const MAGIC = 0xea_02_00_00
const ENTRY_BYTES = 16
/** Name spaces of `struct ext4_xattr_entry`: those that are the file system's own, and not listed. */
const INDEX = { system: 7, encryption: 9 } as const
const DATA = [0x64, 0x61, 0x74, 0x61]

/** One attribute within the inode: https://docs.kernel.org/filesystems/ext4/dynamic.html#extended-attributes */
type Attribute = Readonly<{
  index: number
  name: Uint8Array
  /** Within the inode; undefined where the value is an inode of its own (ea_inode). */
  value: Uint8Array | undefined
}>

/** Whether attributes that listxattr(2) would show are within the inode or in its block. */
export function hasAttributes(inode: Inode): boolean {
  if (inode.attributeBlock !== 0) return true
  for (const attribute of attributesOf(inode)) {
    if (attribute.index !== INDEX.encryption && !isInlineData(attribute)) return true
  }
  return false
}

/**
 * The content of an inode with the flag inline_data: 60 bytes in place of the block map, the rest as the value of the
 * attribute system.data (https://docs.kernel.org/filesystems/ext4/dynamic.html#inline-data). For a directory all of its
 * room, whatever its size says.
 */
export function inlineDataOf(volume: Volume, inode: Inode): Uint8Array {
  if (!volume.superblock.features.has('inline_data'))
    throw damaged(inode, 'i_flags', hex(inode.flags), 'no inline data without the feature')
  const rest = inlineRest(inode)
  const most = BLOCK_AREA_BYTES + rest.length
  if (inode.sizeBytes > most) throw damaged(inode, 'i_size', inode.sizeBytes, `at most ${most}`)
  const whole = new Uint8Array(most)
  whole.set(inode.blockArea)
  whole.set(rest, BLOCK_AREA_BYTES)
  return inode.kind === 'directory' ? whole : whole.subarray(0, inode.sizeBytes)
}

/** The value of system.data. */
function inlineRest(inode: Inode): Uint8Array {
  for (const attribute of attributesOf(inode)) {
    if (!isInlineData(attribute)) continue
    if (attribute.value === undefined)
      throw damaged(inode, 'e_value_inum', 'an inode', 'a value within the inode')
    return attribute.value
  }
  return new Uint8Array(0)
}

function isInlineData({ index, name }: Attribute): boolean {
  return index === INDEX.system && name.length === DATA.length && DATA.every((byte, at) => name[at] === byte)
}

function* attributesOf(inode: Inode): Generator<Attribute, void, undefined> {
  const area = inode.attributeArea
  if (area.length < 4) return
  const base = inode.offsetBytes + INODE.block + area.byteOffset - inode.blockArea.byteOffset
  const whole = new Cursor(area, 'extended attributes', base)
  if (whole.u32le(0) !== MAGIC) return
  // Offsets of values count from the first entry.
  const entries = whole.sub(4, area.length - 4, 'extended attributes')
  // Ends with four zero bytes, or with the inode.
  for (let at = 0; at + 4 <= entries.length && entries.u32le(at) !== 0;) {
    const nameBytes = entries.u8(at)
    const valueOffset = entries.u16le(at + 2)
    const valueInode = entries.u32le(at + 4)
    const valueBytes = entries.u32le(at + 8)
    yield {
      index: entries.u8(at + 1),
      name: entries.slice(at + ENTRY_BYTES, nameBytes),
      value: valueInode !== 0 ? undefined : entries.slice(valueOffset, valueBytes),
    }
    at += ENTRY_BYTES + nameBytes + (-nameBytes & 3)
  }
}

function damaged(inode: Inode, field: string, found: string | number, expected: string) {
  return raise('EXT4_INODE_DAMAGED', {
    inode: inode.number,
    offsetBytes: inode.offsetBytes,
    field,
    found,
    expected,
  })
}
