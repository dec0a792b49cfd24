import type { NodeId } from '../filesystem/index.ts'

/**
 * An inode of a subvolume. `placeholder` is the directory in which a subvolume hung when a snapshot was taken of the
 * one that it is in: snapshots end at subvolumes, and an empty directory stands in their place.
 */
export type NodePlace = Readonly<{ tree: bigint; inode: bigint; placeholder?: bigint }>

const HALF = 64n
const MASK = 2n ** HALF - 1n
/** BTRFS_EMPTY_SUBVOL_DIR_OBJECTID */
export const PLACEHOLDER_INODE = 2n

/** 64 bits each: the inode, the subvolume, and the directory of a placeholder. */
export function nodeIdOf({ tree, inode, placeholder = 0n }: NodePlace): NodeId {
  return (placeholder << (2n * HALF)) | (tree << HALF) | inode
}

export function placeOfNode(id: NodeId): NodePlace {
  const place = { tree: (id >> HALF) & MASK, inode: id & MASK }
  const placeholder = id >> (2n * HALF)
  return placeholder === 0n ? place : { ...place, placeholder }
}
