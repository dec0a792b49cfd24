import { Cursor, crc32cRaw } from '../../bytes/index.ts'
import { hex, raise } from './errors.ts'
import { INODE } from './inode.ts'
import type { Inode } from './inode.ts'
import { RunList } from './run.ts'
import type { Run } from './run.ts'
import { readBlocks } from './volume.ts'
import type { Volume } from './volume.ts'

const MAGIC = 0xf3_0a
/** EXT4_MAX_EXTENT_DEPTH */
const DEEPEST = 5
const HEADER_BYTES = 12
const ENTRY_BYTES = 12
/** An extent of more blocks than this is unwritten, and has that many fewer. */
const LONGEST_WRITTEN = 32_768
const LOGICAL_END = 2 ** 32
/** Nodes that are read at a time: bounds memory. */
const NODES_AT_A_TIME = 256

/** An entry of an index node: the node `block` maps logical blocks from `first` to `end - 1`. */
type Child = Readonly<{ block: number; first: number; end: number; depth: number }>
type Node = Readonly<{ cursor: Cursor; first: number; end: number; depth: number }>

/** The runs of an inode with the flag extents: https://docs.kernel.org/filesystems/ext4/dynamic.html#extent-tree */
export async function readExtentTree(
  volume: Volume,
  inode: Inode,
  signal?: AbortSignal,
): Promise<readonly Run[]> {
  const list = new RunList(volume, inode)
  const root = new Cursor(inode.blockArea, 'extent tree', inode.offsetBytes + INODE.block)
  const depth = root.u16le(6)
  if (depth > DEEPEST) throw list.damaged(placeOf(root), 'eh_depth', depth, `at most ${DEEPEST}`)
  let level = parseNode(list, { cursor: root, first: 0, end: LOGICAL_END, depth })
  while (level.length > 0) {
    const below: Child[] = []
    for (let at = 0; at < level.length; at += NODES_AT_A_TIME) {
      const children = level.slice(at, at + NODES_AT_A_TIME)
      const blocks = await readBlocks(
        volume,
        children.map(({ block }) => block),
        signal,
      )
      for (const [index, child] of children.entries()) {
        const base = child.block * volume.superblock.blockBytes
        const cursor = new Cursor(blocks[index] ?? new Uint8Array(0), 'extent tree', base)
        below.push(...parseNode(list, { ...child, cursor }, inode.checksumSeed))
      }
    }
    level = below
  }
  return list.runs
}

/** Adds the extents of a leaf to the list, or gives the children of an index node. */
function parseNode(list: RunList, node: Node, checksumSeed?: number): Child[] {
  const { cursor, depth } = node
  const place = placeOf(cursor)
  const [magic, entries, most] = [cursor.u16le(0), cursor.u16le(2), cursor.u16le(4)]
  if (magic !== MAGIC) throw list.damaged(place, 'eh_magic', hex(magic), hex(MAGIC))
  if (cursor.u16le(6) !== depth) throw list.damaged(place, 'eh_depth', cursor.u16le(6), String(depth))
  const room = Math.floor((cursor.length - HEADER_BYTES) / ENTRY_BYTES)
  if (most === 0 || most > room) throw list.damaged(place, 'eh_max', most, `1 to ${room}`)
  if (entries > most) throw list.damaged(place, 'eh_entries', entries, `at most ${most}`)
  if (checksumSeed !== undefined) checkTail(cursor, most, checksumSeed)
  if (depth === 0) {
    addExtents(list, node, entries)
    return []
  }
  if (entries === 0) throw list.damaged(place, 'eh_entries', 0, 'at least 1 in an index')
  return childrenOf(list, node, entries)
}

function addExtents(list: RunList, { cursor, first, end }: Node, entries: number): void {
  for (let index = 0; index < entries; index += 1) {
    const at = HEADER_BYTES + index * ENTRY_BYTES
    const place = { structure: 'extent', offsetBytes: cursor.base + at }
    const logical = cursor.u32le(at)
    const length = cursor.u16le(at + 4)
    const unwritten = length > LONGEST_WRITTEN
    const count = unwritten ? length - LONGEST_WRITTEN : length
    if (count === 0) throw list.damaged(place, 'ee_len', 0, 'at least 1')
    if (logical < first || logical + count > end)
      throw list.damaged(place, 'ee_block', logical, `blocks within ${first} to ${end - 1}`)
    const physical = cursor.u32le(at + 8) + cursor.u16le(at + 6) * 2 ** 32
    list.add({ logical, physical, count, unwritten }, place)
  }
}

function childrenOf(list: RunList, { cursor, first, end, depth }: Node, entries: number): Child[] {
  const children: Child[] = []
  for (let index = 0; index < entries; index += 1) {
    const at = HEADER_BYTES + index * ENTRY_BYTES
    const place = { structure: 'extent index', offsetBytes: cursor.base + at }
    const logical = cursor.u32le(at)
    const next = index + 1 < entries ? cursor.u32le(at + ENTRY_BYTES) : end
    if (logical < first || logical >= next || next > end)
      throw list.damaged(place, 'ei_block', logical, `increasing, within ${first} to ${end - 1}`)
    const block = cursor.u32le(at + 4) + cursor.u16le(at + 8) * 2 ** 32
    list.visit(block, place)
    children.push({ block, first: logical, end: next, depth: depth - 1 })
  }
  return children
}

/** Behind the room for entries: `struct ext4_extent_tail`. The root has none, the inode's checksum covers it. */
function checkTail(cursor: Cursor, most: number, seed: number): void {
  const at = HEADER_BYTES + most * ENTRY_BYTES
  const found = cursor.u32le(at)
  const expected = crc32cRaw(seed, cursor.slice(0, at))
  if (found === expected) return
  throw raise('EXT4_CHECKSUM_MISMATCH', {
    structure: 'extent tree node',
    offsetBytes: cursor.base,
    found: hex(found),
    expected: hex(expected),
  })
}

function placeOf(cursor: Cursor) {
  return { structure: 'extent tree node', offsetBytes: cursor.base }
}
