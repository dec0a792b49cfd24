import { hasSuperblock, inodeTableBlocks } from './group-descriptors.ts'
import type { GroupDescriptor } from './group-descriptors.ts'
import type { Superblock } from './superblock.ts'

/** Blocks of the disk, `end` not among them. */
export type BlockRange = Readonly<{ first: number; end: number }>

/** What a group consists of; the last one is shorter. */
export function groupRange({ fields, blocks }: Superblock, group: number): BlockRange {
  const first = fields.firstDataBlock + group * fields.blocksPerGroup
  return { first, end: Math.min(first + fields.blocksPerGroup, blocks) }
}

/**
 * Where the metadata of all groups lies, in order, in whole clusters: copies of the superblock and of the descriptors,
 * bitmaps, inode tables (which flex_bg puts into other groups).
 */
export function metadataRanges(
  superblock: Superblock,
  descriptors: readonly GroupDescriptor[],
): readonly BlockRange[] {
  const { clusterBlocks } = superblock
  const ranges: BlockRange[] = []
  const add = (first: number, count: number): void => {
    const end = Math.ceil((first + count) / clusterBlocks) * clusterBlocks
    ranges.push({ first: first - (first % clusterBlocks), end })
  }
  const tableBlocks = inodeTableBlocks(superblock)
  for (const { group, blockBitmap, inodeBitmap, inodeTable } of descriptors) {
    const base = baseBlocks(superblock, group)
    if (base > 0) add(groupRange(superblock, group).first, base)
    add(blockBitmap, 1)
    add(inodeBitmap, 1)
    add(inodeTable, tableBlocks)
  }
  return ranges.sort((a, b) => a.first - b.first)
}

/** What is left of `free` without the ranges of `used` from `from` on; both are in order. */
export function subtractRanges(
  free: readonly BlockRange[],
  used: readonly BlockRange[],
  from: number,
): BlockRange[] {
  const left: BlockRange[] = []
  let index = from
  for (const { first, end } of free) {
    let at = first
    // Ranges of metadata may overlap where clusters are shared: the index does not pass one that still reaches on.
    while (index > from && (used[index - 1]?.end ?? 0) > first) index -= 1
    for (; index < used.length; index += 1) {
      const range = used[index]
      if (range === undefined || range.first >= end) break
      if (range.end <= at) continue
      if (range.first > at) left.push({ first: at, end: range.first })
      at = Math.max(at, range.end)
    }
    if (at < end) left.push({ first: at, end })
  }
  return left
}

/** Copies of superblock and descriptors at a group's beginning: ext4_num_base_meta_clusters in fs/ext4/balloc.c. */
export function baseBlocks(superblock: Superblock, group: number): number {
  const { fields, features, blockBytes, descriptorBytes, groups } = superblock
  const perBlock = blockBytes / descriptorBytes
  const withSuperblock = hasSuperblock(superblock, group)
  const metaGroups = features.has('meta_bg')
  // Groups of 1 KiB blocks with bigalloc begin before the boot block, at block 0.
  const boot = group === 0 && blockBytes === 1024 && fields.firstDataBlock === 0 ? 1 : 0
  if (metaGroups && group >= fields.firstMetaGroup * perBlock) {
    const place = group % perBlock
    const withDescriptors = place <= 1 || place === perBlock - 1
    return boot + (withSuperblock ? 1 : 0) + (withDescriptors ? 1 : 0)
  }
  if (!withSuperblock) return 0
  const descriptorBlocks = metaGroups ? fields.firstMetaGroup : Math.ceil(groups / perBlock)
  return boot + 1 + descriptorBlocks + fields.reservedDescriptorBlocks
}
