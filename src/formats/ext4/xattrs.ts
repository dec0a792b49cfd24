import { Cursor, crc32cRaw } from '../../bytes/index.ts'
import { ACL_UNDEFINED_ID, XattrList } from '../filesystem/index.ts'
import type { AclEntry, Xattr } from '../filesystem/index.ts'
import { ATTRIBUTES_MAGIC, NAME_SPACES, attributesOfInode, entriesOf } from './attribute-entries.ts'
import type { AttributeEntry } from './attribute-entries.ts'
import { contentOf, sourceOf } from './content.ts'
import { hex, raise } from './errors.ts'
import { hasFlag } from './inode.ts'
import type { Inode } from './inode.ts'
import type { InodeReader } from './read-inode.ts'
import { holdsBlocks, le32 } from './volume.ts'
import type { Volume } from './volume.ts'

/** `struct ext4_xattr_header`: https://docs.kernel.org/filesystems/ext4/dynamic.html#extended-attributes */
const HEADER = { magic: 0, blocks: 8, checksum: 16, sizeBytes: 32 } as const
const ZERO = new Uint8Array(4)

const PREFIXES: Readonly<Record<number, string>> = {
  [NAME_SPACES.user]: 'user.',
  [NAME_SPACES.trusted]: 'trusted.',
  [NAME_SPACES.security]: 'security.',
}

/** Those within the inode, then those of its block; values of ea_inode are read from their inodes. */
export async function xattrsOf(
  volume: Volume,
  inode: Inode,
  readInode: InodeReader,
  signal?: AbortSignal,
): Promise<readonly Xattr[]> {
  const list = new XattrList(BigInt(inode.number))
  const take = async (entry: AttributeEntry): Promise<void> => {
    const acl = entry.index === NAME_SPACES.aclAccess ? 'access' : 'default'
    const prefix = PREFIXES[entry.index]
    const isAcl = entry.index === NAME_SPACES.aclAccess || entry.index === NAME_SPACES.aclDefault
    if (prefix === undefined && !isAcl) return
    const inside = entry.value instanceof Uint8Array
    list.reserve(entry.name.length, inside ? entry.value.length : entry.value.sizeBytes)
    const value = inside ? entry.value : await valueOf(volume, inode, entry.value, readInode, signal)
    if (isAcl) list.addAcl(acl, aclOf(inode, value))
    else list.add(prefix ?? '', entry.name, value)
  }
  for (const entry of attributesOfInode(inode)) await take(entry)
  if (inode.attributeBlock !== 0) {
    const block = await attributeBlock(volume, inode, signal)
    for (const entry of entriesOf(block, HEADER.sizeBytes)) await take(entry)
  }
  return list.all
}

async function attributeBlock(volume: Volume, inode: Inode, signal?: AbortSignal): Promise<Cursor> {
  const { blockBytes, checksumSeed } = volume.superblock
  const number = inode.attributeBlock
  if (!holdsBlocks(volume, number)) throw damaged(inode, 'i_file_acl', number, 'a block of the file system')
  const offset = number * blockBytes
  const bytes = await volume.metadata.read(offset, blockBytes, signal)
  const block = new Cursor(bytes, 'block of extended attributes', offset)
  const magic = block.u32le(HEADER.magic)
  if (magic !== ATTRIBUTES_MAGIC || block.u32le(HEADER.blocks) !== 1)
    throw damaged(inode, 'h_magic of i_file_acl', hex(magic), hex(ATTRIBUTES_MAGIC))
  if (checksumSeed === undefined) return block
  // ext4_xattr_block_csum: the number of the block in 64 bits, then the block with its checksum taken for zeros.
  let crc = crc32cRaw(crc32cRaw(checksumSeed, le32(number % 2 ** 32)), le32(Math.floor(number / 2 ** 32)))
  crc = crc32cRaw(crc32cRaw(crc, block.slice(0, HEADER.checksum)), ZERO)
  crc = crc32cRaw(crc, block.slice(HEADER.checksum + 4, blockBytes - HEADER.checksum - 4)) >>> 0
  const found = block.u32le(HEADER.checksum)
  if (found !== crc) {
    throw raise('EXT4_CHECKSUM_MISMATCH', {
      structure: 'block of extended attributes',
      offsetBytes: offset,
      found: hex(found),
      expected: hex(crc),
    })
  }
  return block
}

/** ext4_xattr_inode_get: an inode with the flag EA_INODE, as long as the entry says. */
async function valueOf(
  volume: Volume,
  owner: Inode,
  { inode: number, sizeBytes }: Readonly<{ inode: number; sizeBytes: number }>,
  readInode: InodeReader,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  if (!volume.superblock.features.has('ea_inode'))
    throw damaged(owner, 'e_value_inum', number, 'no inode without the feature ea_inode')
  const inode = await readInode(BigInt(number), signal)
  if (inode.kind !== 'file' || !hasFlag(inode, 'attributeValue'))
    throw damaged(inode, 'i_flags', hex(inode.flags), 'the flag EA_INODE of a value')
  if (inode.sizeBytes !== sizeBytes) throw damaged(inode, 'i_size', inode.sizeBytes, `${sizeBytes}`)
  const source = sourceOf(volume, inode, await contentOf(volume, inode, signal))
  return source.read(0, sizeBytes, signal)
}

/** Entries of four bytes, but eight where they name somebody (fs/ext4/acl.h). */
function aclOf(inode: Inode, value: Uint8Array): readonly AclEntry[] {
  const cursor = new Cursor(value, 'access control list', inode.offsetBytes)
  const [named, plain] = [new Set([0x02, 0x08]), new Set([0x01, 0x04, 0x10, 0x20])]
  if (cursor.u32le(0) !== 1) throw damaged(inode, 'a_version', cursor.u32le(0), '1')
  const entries: AclEntry[] = []
  for (let at = 4; at < cursor.length;) {
    const tag = cursor.u16le(at)
    const permissions = cursor.u16le(at + 2)
    if (named.has(tag)) {
      entries.push({ tag, permissions, id: cursor.u32le(at + 4) })
      at += 8
    } else if (plain.has(tag)) {
      entries.push({ tag, permissions, id: ACL_UNDEFINED_ID })
      at += 4
    } else throw damaged(inode, 'e_tag', hex(tag), 'the tag of an access control list')
  }
  return entries
}

function damaged(inode: Inode, field: string, found: string | number, expected: string) {
  const { number, offsetBytes } = inode
  return raise('EXT4_INODE_DAMAGED', { inode: number, offsetBytes, field, found, expected })
}
