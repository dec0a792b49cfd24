import { NAME_SPACES, attributesOfInode } from './attribute-entries.ts'
import type { AttributeEntry } from './attribute-entries.ts'
import { hex, raise } from './errors.ts'
import { BLOCK_AREA_BYTES } from './inode.ts'
import type { Inode } from './inode.ts'
import type { Volume } from './volume.ts'

const DATA = [0x64, 0x61, 0x74, 0x61]

/** Whether attributes that listxattr(2) would show are within the inode or in its block. */
export function hasAttributes(inode: Inode): boolean {
  if (inode.attributeBlock !== 0) return true
  for (const attribute of attributesOfInode(inode)) {
    if (attribute.index !== NAME_SPACES.encryption && !isInlineData(attribute)) return true
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
  for (const attribute of attributesOfInode(inode)) {
    if (!isInlineData(attribute)) continue
    const { value } = attribute
    if (!(value instanceof Uint8Array))
      throw damaged(inode, 'e_value_inum', 'an inode', 'a value within the inode')
    return value
  }
  return new Uint8Array(0)
}

function isInlineData({ index, name }: AttributeEntry): boolean {
  return (
    index === NAME_SPACES.system && name.length === DATA.length && DATA.every((byte, at) => name[at] === byte)
  )
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
