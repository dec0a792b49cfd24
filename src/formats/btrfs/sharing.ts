import { KEY } from './layout.ts'
import type { TreeNode } from './tree-node.ts'
import { findItem } from './tree-walk.ts'
import type { TreeRoot } from './tree-walk.ts'
import type { Volume } from './volume.ts'

const STRUCTURE = 'an extent (btrfs_extent_item)'

/**
 * Whether another tree refers to a node, too. A snapshot refers to the nodes of what it is a snapshot of, and so to all
 * that is below them: only a path of nodes with one owner each leads to something with one owner.
 */
export async function isSharedNode(
  volume: Volume,
  extents: TreeRoot,
  { cursor, level }: TreeNode,
): Promise<boolean> {
  const objectId = cursor.u64le(48)
  const skinny = { objectId, type: KEY.metadataItem, offset: BigInt(level) }
  const full = { objectId, type: KEY.extentItem, offset: BigInt(volume.geometry.nodeSize) }
  const item =
    (await findItem(volume, extents, skinny, STRUCTURE)) ?? (await findItem(volume, extents, full, STRUCTURE))
  return item?.u64le(0) !== 1n
}

/** Whether more than one part of a file refers to an extent of data. */
export async function isSharedExtent(
  volume: Volume,
  extents: TreeRoot,
  logical: number,
  storedBytes: number,
): Promise<boolean> {
  const key = { objectId: BigInt(logical), type: KEY.extentItem, offset: BigInt(storedBytes) }
  const item = await findItem(volume, extents, key, STRUCTURE)
  return item?.u64le(0) !== 1n
}
