import { toHex } from '../../core/index.ts'
import { Cursor } from '../../bytes/index.ts'
import { equal, verifyBlock } from './checksum.ts'
import { badField } from './damage.ts'
import { compareKeys, keyText } from './key.ts'
import { HEADER_BYTES, ITEM_BYTES, POINTER_BYTES } from './layout.ts'
import type { Geometry } from './superblock.ts'

/** A node that was verified by itself: checksum, place, file system, order of keys, places of items. */
export type TreeNode = Readonly<{
  cursor: Cursor
  level: number
  generation: bigint
  owner: bigint
  count: number
}>

const STRUCTURE = 'a tree node (btrfs_header)'
const MOST_LEVEL = 7

/** As btrfs_check_leaf and btrfs_check_node do, for what every tree has in common. `base` is its place on the device. */
export function readTreeNode(geometry: Geometry, block: Uint8Array, logical: number, base: number): TreeNode {
  verifyBlock(geometry.checksum, block, { structure: STRUCTURE, base })
  const cursor = new Cursor(block, STRUCTURE, base)
  const found = cursor.u64le(48)
  if (found !== BigInt(logical)) throw badField(cursor, 48, 'its own logical address', found, logical)
  const fsid = cursor.slice(32, 16)
  if (!equal(fsid, geometry.metadataUuid)) {
    throw badField(cursor, 32, 'the UUID of its file system', toHex(fsid), toHex(geometry.metadataUuid))
  }
  const level = cursor.u8(100)
  if (level > MOST_LEVEL) throw badField(cursor, 100, 'level', level, `at most ${MOST_LEVEL}`)
  const count = cursor.u32le(96)
  const each = level === 0 ? ITEM_BYTES : POINTER_BYTES
  const room = Math.floor((cursor.length - HEADER_BYTES) / each)
  if (count > room || (count === 0 && level > 0))
    throw badField(cursor, 96, 'nritems', count, level > 0 ? `1 to ${room}` : `at most ${room}`)
  for (let at = HEADER_BYTES + each; at < HEADER_BYTES + count * each; at += each) {
    if (compareKeys(cursor, at - each, cursor, at) >= 0) {
      throw badField(cursor, at, 'a key', keyText(cursor, at), `more than ${keyText(cursor, at - each)}`)
    }
  }
  if (level === 0) checkItems(cursor, count)
  return { cursor, level, generation: cursor.u64le(80), owner: cursor.u64le(88), count }
}

/** Items lie from the end of the leaf to its front, without gaps. */
function checkItems(cursor: Cursor, count: number): void {
  let end = cursor.length - HEADER_BYTES
  for (let index = 0; index < count; index += 1) {
    const at = HEADER_BYTES + index * ITEM_BYTES
    const offset = cursor.u32le(at + 17)
    const size = cursor.u32le(at + 21)
    if (offset + size !== end) throw badField(cursor, at + 17, 'the end of an item', offset + size, end)
    end = offset
  }
  if (end < count * ITEM_BYTES)
    throw badField(cursor, HEADER_BYTES, 'the begin of the items', end, `${count * ITEM_BYTES} or more`)
}

/** Where the key of an item or pointer stands in its node. */
export function keyAt({ level }: TreeNode, index: number): number {
  return HEADER_BYTES + index * (level === 0 ? ITEM_BYTES : POINTER_BYTES)
}

/** An item's bytes. */
export function itemAt({ cursor }: TreeNode, index: number, structure: string): Cursor {
  const at = HEADER_BYTES + index * ITEM_BYTES
  return cursor.sub(HEADER_BYTES + cursor.u32le(at + 17), cursor.u32le(at + 21), structure)
}

export type Pointer = Readonly<{ place: number; generation: bigint }>

export function pointerAt({ cursor }: TreeNode, index: number): Pointer {
  const at = HEADER_BYTES + index * POINTER_BYTES
  return { place: cursor.safe64le(at + 17), generation: cursor.u64le(at + 25) }
}

/** How many keys come before the key: where it is, or would be. */
export function lowerBound(node: TreeNode, key: Cursor): number {
  let low = 0
  let high = node.count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareKeys(node.cursor, keyAt(node, middle), key, 0) < 0) low = middle + 1
    else high = middle
  }
  return low
}
