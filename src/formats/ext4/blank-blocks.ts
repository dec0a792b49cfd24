import { crc32cRaw } from '../../bytes/index.ts'
import { inodeTableBlocks } from './group-descriptors.ts'
import type { GroupDescriptor } from './group-descriptors.ts'
import { baseBlocks, groupRange, subtractRanges } from './group-metadata.ts'
import type { BlockRange } from './group-metadata.ts'
import { emptyLog } from './journal-log.ts'
import type { Superblock } from './superblock.ts'
import { readBlocks } from './volume.ts'
import type { Volume } from './volume.ts'

/** Bitmaps that are read at a time: bounds memory. */
const GROUPS_AT_A_TIME = 512

/**
 * The blocks that are in use and may be zeros whatever they hold, in order, cut where groups begin: nearly all of the metadata of a
 * large file system.
 *
 * - Blocks of inode tables that never held an inode. The kernel fills exactly these with zeros in the background
 *   (ext4_init_inode_table in fs/ext4/ialloc.c). A group's count is believed only where its checksum, its inode bitmap and its count of
 *   free inodes agree with it: else the whole table is in use.
 * - Bitmaps that the descriptor of the group says were never written: the kernel makes them of the descriptor (ext4_init_block_bitmap in
 *   fs/ext4/balloc.c, ext4_read_inode_bitmap in ialloc.c).
 * - The log of a journal in which nothing waits (`emptyLog`).
 *
 * A block that anything else of these uses too is in use.
 */
export async function blankBlocks(
  direct: Volume,
  descriptors: readonly GroupDescriptor[],
  signal?: AbortSignal,
): Promise<readonly BlockRange[]> {
  const { superblock } = direct
  const { inodeBytes, blockBytes, fields } = superblock
  const tableBlocks = inodeTableBlocks(superblock)
  const unused: BlockRange[] = [...(await emptyLog(direct, signal))]
  const used: BlockRange[] = []
  const trusted = await trustedGroups(direct, descriptors, signal)
  for (const descriptor of descriptors) {
    const { group, blockBitmap, inodeBitmap, inodeTable, unusedInodes } = descriptor
    const usedInodes = fields.inodesPerGroup - (trusted.has(group) ? unusedInodes : 0)
    const first = inodeTable + Math.ceil((usedInodes * inodeBytes) / blockBytes)
    const end = inodeTable + tableBlocks
    if (first < end) unused.push({ first, end })
    if (first > inodeTable) used.push({ first: inodeTable, end: first })
    const base = baseBlocks(superblock, group)
    const start = groupRange(superblock, group).first
    if (base > 0) used.push({ first: start, end: start + base })
    const isBlank = descriptor.inodesUninitialised && trusted.has(group)
    const blocks = descriptor.blocksUninitialised ? unused : used
    blocks.push({ first: blockBitmap, end: blockBitmap + 1 })
    const inodes = isBlank ? unused : used
    inodes.push({ first: inodeBitmap, end: inodeBitmap + 1 })
  }
  const byFirst = (a: BlockRange, b: BlockRange): number => a.first - b.first
  const kept = subtractRanges(joined(unused.sort(byFirst)), used.sort(byFirst), 0)
  return kept.flatMap((range) => cutAtGroups(superblock, range))
}

/** The groups whose count of unused inodes agrees with all else that tells which inodes are in use. */
async function trustedGroups(
  direct: Volume,
  descriptors: readonly GroupDescriptor[],
  signal?: AbortSignal,
): Promise<ReadonlySet<number>> {
  const { inodesPerGroup } = direct.superblock.fields
  const trusted = new Set<number>()
  const written: GroupDescriptor[] = []
  for (const descriptor of descriptors) {
    const { group, unusedInodes, freeInodes, inodesUninitialised } = descriptor
    if (unusedInodes === 0 || unusedInodes > freeInodes || freeInodes > inodesPerGroup) continue
    if (!inodesUninitialised) written.push(descriptor)
    else if (unusedInodes === inodesPerGroup) trusted.add(group)
  }
  for (let from = 0; from < written.length; from += GROUPS_AT_A_TIME) {
    const some = written.slice(from, from + GROUPS_AT_A_TIME)
    const blocks = some.map(({ inodeBitmap }) => inodeBitmap)
    for (const [index, bitmap] of (await readBlocks(direct, blocks, signal)).entries()) {
      const descriptor = some[index]
      if (descriptor !== undefined && agrees(direct.superblock, descriptor, bitmap))
        trusted.add(descriptor.group)
    }
  }
  return trusted
}

function agrees(superblock: Superblock, descriptor: GroupDescriptor, bitmap: Uint8Array): boolean {
  const { inodesPerGroup } = superblock.fields
  if (superblock.checksumSeed !== undefined) {
    const crc = crc32cRaw(superblock.checksumSeed, bitmap.subarray(0, inodesPerGroup >>> 3))
    const isWhole = superblock.descriptorBytes >= 64
    if ((isWhole ? crc : crc & 0xffff) !== descriptor.inodeBitmapChecksum) return false
  }
  let [free, end] = [0, 0]
  for (let inode = 0; inode < inodesPerGroup; inode += 1) {
    const isUsed = (((bitmap[inode >>> 3] ?? 0xff) >>> (inode & 7)) & 1) === 1
    if (isUsed) end = inode + 1
    else free += 1
  }
  return free === descriptor.freeInodes && end <= inodesPerGroup - descriptor.unusedInodes
}

/** Neighbours and overlaps as one; in order. */
function joined(ranges: readonly BlockRange[]): readonly BlockRange[] {
  const found: { first: number; end: number }[] = []
  for (const { first, end } of ranges) {
    const last = found.at(-1)
    if (last !== undefined && first <= last.end) last.end = Math.max(last.end, end)
    else found.push({ first, end })
  }
  return found
}

function cutAtGroups(superblock: Superblock, { first, end }: BlockRange): readonly BlockRange[] {
  const parts: BlockRange[] = []
  for (let at = first; at < end;) {
    const stop = Math.min(end, groupRange(superblock, groupOf(superblock, at)).end)
    parts.push({ first: at, end: stop })
    at = stop
  }
  return parts
}

/** The group that a block lies in. */
export function groupOf({ fields }: Superblock, block: number): number {
  return Math.floor((block - fields.firstDataBlock) / fields.blocksPerGroup)
}
