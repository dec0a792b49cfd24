import type { Cursor } from '../../bytes/index.ts'
import { findMapping } from './extent-map.ts'
import type { Mapping } from './extent-map.ts'
import { badField, badMagic, byteOfBlock, readMeta, verifySelf } from './volume.ts'
import type { Volume } from './volume.ts'

/**
 * Blocks of extended attributes: a leaf, or a tree of nodes over a chain of leaves (xfs_da_format.h). The root is block 0
 * of the attribute fork, and blocks are those of the file system.
 */
const NODE = { v4: 0xfebe, v5: 0x3ebe } as const
const LEAF = { v4: 0xfbee, v5: 0x3bee } as const
/** XFS_DA_NODE_MAXDEPTH */
const MOST_LEVELS = 5
/** 64 KiB of names in the smallest blocks, with room to spare: more is no chain but a trap. */
const MOST_LEAVES = 65_536
const SELF = { crcAt: 12, uuidAt: 32, blockNumberAt: 16, ownerAt: 48 } as const
const STRUCTURE = 'a block of extended attributes (xfs_da3_blkinfo)'

/** xfs_attr3_rmt_hdr */
const REMOTE_MAGIC = 0x58_41_52_4d
const REMOTE_HEADER_BYTES = 56
const REMOTE_SELF = { crcAt: 12, uuidAt: 16, ownerAt: 32, blockNumberAt: 40 } as const

export type AttributeLeaf = Readonly<{
  leaf: Cursor
  /** Where in the leaf each name lies. */
  entries: readonly Readonly<{ flags: number; at: number }>[]
}>

/** All leaves, from the first on. */
export async function* attributeLeaves(
  volume: Volume,
  inode: number,
  mappings: readonly Mapping[],
  signal?: AbortSignal,
): AsyncGenerator<AttributeLeaf, void, undefined> {
  const { v5 } = volume.geometry
  const version = v5 ? 'v5' : 'v4'
  const read = (fileBlock: number): Promise<Cursor> => readBlock(volume, inode, mappings, fileBlock, signal)
  let block = await read(0)
  for (let level = -1; block.u16be(8) === NODE[version];) {
    const found = block.u16be(v5 ? 58 : 14)
    if (found < 1 || found > MOST_LEVELS || (level !== -1 && found !== level - 1))
      throw badField(block, 8, 'the level of a node', found, level === -1 ? `1 to ${MOST_LEVELS}` : level - 1)
    if (block.u16be(v5 ? 56 : 12) === 0) throw badField(block, 8, 'the count of a node', 0, '1 or more')
    level = found
    block = await read(block.u32be((v5 ? 64 : 16) + 4))
  }
  const visited = new Set<number>()
  for (;;) {
    const magic = block.u16be(8)
    if (magic !== LEAF[version]) throw badMagic(block, magic, LEAF[version])
    yield { leaf: block, entries: entriesOf(block, v5) }
    const next = block.u32be(0)
    if (next === 0) return
    if (visited.has(next) || visited.size === MOST_LEAVES)
      throw badField(block, 0, 'the next leaf', next, 'one that was not met before')
    visited.add(next)
    block = await read(next)
  }
}

/** xfs_attr_leaf_entry */
function entriesOf(leaf: Cursor, v5: boolean): AttributeLeaf['entries'] {
  const header = v5 ? 80 : 32
  const count = leaf.u16be(v5 ? 56 : 12)
  const room = Math.floor((leaf.length - header) / 8)
  if (count > room) throw badField(leaf, 12, 'the count of a leaf', count, `at most ${room}`)
  return Array.from({ length: count }, (_, index) => {
    const entry = header + index * 8
    return { at: leaf.u16be(entry + 4), flags: leaf.u8(entry + 6) }
  })
}

async function readBlock(
  volume: Volume,
  inode: number,
  mappings: readonly Mapping[],
  fileBlock: number,
  signal?: AbortSignal,
): Promise<Cursor> {
  const cursor = await blockAt(volume, inode, mappings, fileBlock, STRUCTURE, signal)
  verifySelf(volume, cursor, SELF, inode)
  return cursor
}

async function blockAt(
  volume: Volume,
  inode: number,
  mappings: readonly Mapping[],
  fileBlock: number,
  structure: string,
  signal?: AbortSignal,
): Promise<Cursor> {
  const { geometry } = volume
  const mapping = findMapping(mappings, fileBlock)
  const base = mapping && byteOfBlock(geometry, mapping.block + fileBlock - mapping.fileBlock)
  const cursor = await readMeta(volume, base ?? 0, geometry.blockSize, structure, signal)
  if (base === undefined || mapping?.unwritten === true)
    throw badField(cursor, 0, `a block of the attributes of inode ${inode}`, fileBlock, 'one that is there')
  return cursor
}

/** A value that has blocks to itself. With V5 each of them has a header. */
export async function readRemoteValue(
  volume: Volume,
  {
    inode,
    mappings,
    firstBlock,
    valueBytes,
    leaf,
  }: Readonly<{
    inode: number
    mappings: readonly Mapping[]
    firstBlock: number
    /** Checked by whoever asks. */
    valueBytes: number
    leaf: Cursor
  }>,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const { v5 } = volume.geometry
  if (firstBlock === 0 && valueBytes > 0)
    throw badField(leaf, 0, 'the first block of a value', firstBlock, '1 or more')
  const value = new Uint8Array(valueBytes)
  const header = v5 ? REMOTE_HEADER_BYTES : 0
  for (let filled = 0, at = firstBlock; filled < valueBytes; at += 1) {
    const structure = 'a value of an extended attribute (xfs_attr3_rmt_hdr)'
    const block = await blockAt(volume, inode, mappings, at, structure, signal)
    const length = Math.min(block.length - header, valueBytes - filled)
    if (v5) {
      if (block.u32be(0) !== REMOTE_MAGIC) throw badMagic(block, block.u32be(0), REMOTE_MAGIC)
      verifySelf(volume, block, REMOTE_SELF, inode)
      if (block.u32be(4) !== filled) throw badField(block, 4, 'rm_offset', block.u32be(4), filled)
      if (block.u32be(8) !== length) throw badField(block, 8, 'rm_bytes', block.u32be(8), length)
    }
    value.set(block.slice(header, length), filled)
    filled += length
  }
  return value
}
