import { crc32cRaw } from '../../bytes/index.ts'
import type { Extent, ReaderWarning } from '../../bytes/index.ts'
import { warn } from './findings.ts'
import { readDescriptors } from './group-descriptors.ts'
import type { GroupDescriptor } from './group-descriptors.ts'
import { groupRange, metadataRanges, subtractRanges } from './group-metadata.ts'
import type { BlockRange } from './group-metadata.ts'
import { blankBlocks, groupOf } from './blank-blocks.ts'
import { readBlocks } from './volume.ts'
import type { Volume } from './volume.ts'

/** Bitmaps that are read at a time: bounds memory. */
const GROUPS_AT_A_TIME = 512

/**
 * The whole source in ranges that are in use, zeros or free, joined across groups. Zeros is what means
 * nothing and may be zeros (`blankBlocks`). A group whose bitmap fits neither its checksum nor its count of free clusters is in use, all of it,
 * and a warning is added.
 */
export async function* allocationOf(
  volume: Volume,
  warnings: ReaderWarning[],
  signal?: AbortSignal,
): AsyncGenerator<Extent, void, undefined> {
  const { superblock } = volume
  const { blockBytes } = superblock
  // Past the cache: every bitmap is needed once, and where groups lie apart, so do bitmaps.
  const direct = { ...volume, metadata: volume.source }
  const descriptors = await readDescriptors(direct, 0, superblock.groups, signal)
  const blank = await blankBlocks(direct, descriptors, signal)
  const doubtful = new Set<number>()
  let nextBlank = 0
  let at = 0
  let open: BlockRange | undefined
  /** What no group has free, up to `end`: every group before it has been looked at. */
  const used = function* (end: number): Generator<Extent, void, undefined> {
    for (; nextBlank < blank.length; nextBlank += 1) {
      const one = blank[nextBlank]
      if (one === undefined || one.first * blockBytes >= end) break
      if (doubtful.has(groupOf(superblock, one.first))) continue
      const from = Math.max(at, one.first * blockBytes)
      const to = Math.min(end, one.end * blockBytes)
      if (from > at) yield { offsetBytes: at, lengthBytes: from - at, kind: 'data' }
      if (to > from) yield { offsetBytes: from, lengthBytes: to - from, kind: 'zero' }
      at = Math.max(at, to)
      if (to < one.end * blockBytes) break
    }
    if (end > at) yield { offsetBytes: at, lengthBytes: end - at, kind: 'data' }
    at = end
  }
  const extents = function* (range: BlockRange): Generator<Extent, void, undefined> {
    const [start, end] = [range.first * blockBytes, range.end * blockBytes]
    if (start > at) yield* used(start)
    yield { offsetBytes: start, lengthBytes: end - start, kind: 'unallocated' }
    at = end
  }
  for await (const range of freeRanges(direct, descriptors, doubtful, signal)) {
    if (open !== undefined && open.end === range.first) {
      open = { first: open.first, end: range.end }
      continue
    }
    if (open !== undefined) yield* extents(open)
    open = range
  }
  if (open !== undefined) yield* extents(open)
  if (volume.source.size > at) yield* used(volume.source.size)
  if (doubtful.size > 0) {
    const [first] = doubtful
    const message = `the map of free blocks of ${doubtful.size} block groups, the first of which is group ${first}, does not fit its checksum or count`
    if (!warnings.some((known) => known.message === message)) {
      warnings.push(warn('EXT4_BITMAP_UNTRUSTED', message))
    }
  }
}

/** The free blocks of each group in turn; a group that is not to be believed has none, and is added to `doubtful`. */

async function* freeRanges(
  direct: Volume,
  descriptors: readonly GroupDescriptor[],
  doubtful: Set<number>,
  signal?: AbortSignal,
): AsyncGenerator<BlockRange, void, undefined> {
  const { superblock } = direct
  const metadata = metadataRanges(superblock, descriptors)
  let next = 0
  for (let from = 0; from < descriptors.length; from += GROUPS_AT_A_TIME) {
    const some = descriptors.slice(from, from + GROUPS_AT_A_TIME)
    const written = some.filter(({ blocksUninitialised }) => !blocksUninitialised)
    const bitmaps = await readBlocks(
      direct,
      written.map(({ blockBitmap }) => blockBitmap),
      signal,
    )
    const bitmapOf = new Map(written.map(({ group }, index) => [group, bitmaps[index]]))
    for (const descriptor of some) {
      const whole = groupRange(superblock, descriptor.group)
      // Ranges are in order, and may reach from one group into the next.
      while (next < metadata.length && (metadata[next]?.end ?? 0) <= whole.first) next += 1
      const free = freeOfGroup(direct, descriptor, bitmapOf.get(descriptor.group))
      const kept = free === undefined ? undefined : subtractRanges(free, metadata, next)
      const sum = kept?.reduce((blocks, { first, end }) => blocks + end - first, 0)
      if (kept === undefined || clustersOf(direct, sum ?? 0) !== descriptor.freeClusters)
        doubtful.add(descriptor.group)
      else yield* kept
    }
  }
}

function clustersOf({ superblock }: Volume, blocks: number): number {
  return Math.ceil(blocks / superblock.clusterBlocks)
}

/** Undefined where the bitmap does not fit its checksum. Without a bitmap the whole group is free, but for metadata. */
function freeOfGroup(
  volume: Volume,
  descriptor: GroupDescriptor,
  bitmap: Uint8Array | undefined,
): readonly BlockRange[] | undefined {
  const { superblock } = volume
  const whole = groupRange(superblock, descriptor.group)
  if (bitmap === undefined) return [whole]
  const { clusterBlocks } = superblock
  const bits = superblock.fields.blocksPerGroup / clusterBlocks
  if (superblock.checksumSeed !== undefined) {
    const crc = crc32cRaw(superblock.checksumSeed, bitmap.subarray(0, bits >>> 3))
    const stored = descriptor.blockBitmapChecksum
    if ((superblock.descriptorBytes >= 64 ? crc : crc & 0xffff) !== stored) return undefined
  }
  return clearBits(bitmap, clustersOf(volume, whole.end - whole.first)).map(({ first, end }) => ({
    first: whole.first + first * clusterBlocks,
    end: Math.min(whole.first + end * clusterBlocks, whole.end),
  }))
}

/** Runs of clear bits among the first `count`, least significant bit first. */
function clearBits(bitmap: Uint8Array, count: number): BlockRange[] {
  const runs: BlockRange[] = []
  let start = -1
  for (let at = 0; at < count;) {
    const byte = bitmap[at >>> 3] ?? 0xff
    const wholeByte = (at & 7) === 0 && at + 8 <= count
    if (wholeByte && (byte === 0 || byte === 0xff)) {
      if (byte === 0 && start < 0) start = at
      if (byte !== 0 && start >= 0) {
        runs.push({ first: start, end: at })
        start = -1
      }
      at += 8
      continue
    }
    const clear = ((byte >>> (at & 7)) & 1) === 0
    if (clear && start < 0) start = at
    if (!clear && start >= 0) {
      runs.push({ first: start, end: at })
      start = -1
    }
    at += 1
  }
  if (start >= 0) runs.push({ first: start, end: count })
  return runs
}
