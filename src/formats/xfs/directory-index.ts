import type { Cursor } from '../../bytes/index.ts'
import { readDirectoryBlock } from './directory-block.ts'
import type { Directory } from './directory-block.ts'
import { nameHash, nameHashWithoutCase } from './name-hash.ts'
import { badField, badMagic, verifySelf } from './volume.ts'
import type { Volume } from './volume.ts'

/**
 * The index of a directory that has more than one block: a leaf, or a tree of nodes over leaves, from the hash of a
 * name to the addresses of entries (xfs_da_node_hdr, xfs_dir2_leaf_hdr; the root is the first block of its space).
 */
const NODE = { v4: 0xfebe, v5: 0x3ebe } as const
const LEAF_ALONE = { v4: 0xd2f1, v5: 0x3df1 } as const
const LEAF_OF_TREE = { v4: 0xd2ff, v5: 0x3dff } as const
/** XFS_DA_NODE_MAXDEPTH */
const MOST_LEVELS = 5
/** Leaves in a row that end with one and the same hash: more is no index but a trap. */
const MOST_SIBLINGS = 64
const SELF = { crcAt: 12, uuidAt: 32, blockNumberAt: 16, ownerAt: 48 } as const
const STRUCTURE = 'an index block of a directory (xfs_da3_blkinfo)'

/** Addresses, in units of 8 bytes, of the entries whose names have this name's hash. Throws XFS_BAD_… on doubt. */
export async function* addressesOfHash(
  volume: Volume,
  directory: Directory,
  rootBlock: number,
  name: Uint8Array,
  signal?: AbortSignal,
): AsyncGenerator<number, void, undefined> {
  const hash = volume.geometry.asciiCi ? nameHashWithoutCase(name) : nameHash(name)
  let leaf = await descend(volume, directory, rootBlock, hash, signal)
  for (let sibling = 0; leaf !== undefined; sibling += 1) {
    const { cursor, header } = leaf
    const count = countOf(volume, cursor)
    let index = firstNotBelow(cursor, header, count, hash)
    for (; index < count && cursor.u32be(header + index * 8) === hash; index += 1) {
      const address = cursor.u32be(header + index * 8 + 4)
      // XFS_DIR2_NULL_DATAPTR: a name that was removed.
      if (address !== 0) yield address
    }
    const next = cursor.u32be(0)
    if (index < count || next === 0 || isAlone(volume, cursor)) return
    if (sibling === MOST_SIBLINGS) throw badField(cursor, 0, 'a sibling', next, 'another hash by now')
    leaf = await readIndexBlock(volume, directory, next, signal)
    if (leaf.level !== 0) throw badField(leaf.cursor, 8, 'a sibling of a leaf', 'a node', 'a leaf')
  }
}

type IndexBlock = Readonly<{ cursor: Cursor; header: number; level: number }>

async function descend(
  volume: Volume,
  directory: Directory,
  root: number,
  hash: number,
  signal?: AbortSignal,
): Promise<IndexBlock | undefined> {
  let block = await readIndexBlock(volume, directory, root, signal)
  if (block.level > MOST_LEVELS)
    throw badField(block.cursor, 8, 'the level', block.level, `at most ${MOST_LEVELS}`)
  while (block.level > 0) {
    const { cursor, header, level } = block
    const count = countOf(volume, cursor)
    const index = firstNotBelow(cursor, header, count, hash)
    if (index === count) return undefined
    block = await readIndexBlock(volume, directory, cursor.u32be(header + index * 8 + 4), signal)
    if (block.level !== level - 1) {
      throw badField(block.cursor, 8, 'the level', block.level, level - 1)
    }
  }
  return block
}

async function readIndexBlock(
  volume: Volume,
  directory: Directory,
  fileBlock: number,
  signal?: AbortSignal,
): Promise<IndexBlock> {
  const version = volume.geometry.v5 ? 'v5' : 'v4'
  const cursor = await readDirectoryBlock(volume, directory, fileBlock, STRUCTURE, signal)
  if (cursor === undefined) {
    throw badField(directory.inode.data.cursor, 0, 'block of the index', fileBlock, 'a block that is there')
  }
  const magic = cursor.u16be(8)
  const header = volume.geometry.v5 ? 64 : 16
  const node = magic === NODE[version]
  if (!node && magic !== LEAF_ALONE[version] && magic !== LEAF_OF_TREE[version]) {
    throw badMagic(cursor, magic, NODE[version])
  }
  verifySelf(volume, cursor, SELF, directory.inode.number)
  const level = node ? cursor.u16be(header === 64 ? 58 : 14) : 0
  if (node && level === 0) throw badField(cursor, 8, 'the level of a node', 0, '1 or more')
  const count = countOf(volume, cursor)
  const room = Math.floor((cursor.length - header) / 8)
  if (count > room || (node && count === 0)) throw badField(cursor, 12, 'the count', count, `at most ${room}`)
  return { cursor, header, level }
}

function countOf({ geometry }: Volume, cursor: Cursor): number {
  return cursor.u16be(geometry.v5 ? 56 : 12)
}

function isAlone({ geometry }: Volume, cursor: Cursor): boolean {
  return cursor.u16be(8) === LEAF_ALONE[geometry.v5 ? 'v5' : 'v4']
}

/** Entries are sorted by hash: the first that is not below it, or `count`. */
function firstNotBelow(cursor: Cursor, header: number, count: number, hash: number): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (cursor.u32be(header + middle * 8) < hash) low = middle + 1
    else high = middle
  }
  return low
}
