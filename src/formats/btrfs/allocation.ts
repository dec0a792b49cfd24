import type { Extent } from '../../bytes/index.ts'
import type { Chunk } from './chunk-map.ts'
import { badField } from './damage.ts'
import { hasFeature } from './features.ts'
import { CHUNK, KEY, MOST_U64, SUPERBLOCK, SUPERBLOCK_PLACES, TREE } from './layout.ts'
import { openTree } from './subvolumes.ts'
import { findItem, walkItems } from './tree-walk.ts'
import type { TreeRoot } from './tree-walk.ts'
import type { Volume } from './volume.ts'

type Range = Readonly<{ start: number; end: number }>

/** No chunk is made there: a boot loader may lie in it (BTRFS_DEVICE_RANGE_RESERVED). */
const RESERVED_BYTES = 1024 * 1024
const STRUCTURE = 'an extent (btrfs_extent_item)'
const GROUP = 'a block group (btrfs_block_group_item)'
/** More than this in one chunk is not told: all of the chunk counts as in use. */
const MOST_RANGES = 524_288

/**
 * The whole source, as `data` and `unallocated`: what the extent tree has, on each copy of its chunk. Superblocks, the
 * first mebibyte and what is behind the device are data. A chunk whose extents do not add up to what its block group
 * says is data as a whole.
 */
export async function* allocationOf(
  volume: Volume,
  signal?: AbortSignal,
): AsyncGenerator<Extent, void, undefined> {
  const { sizeBytes } = volume.geometry
  let at = 0
  let data = 0
  for await (const { start, end } of inOrder(usedRanges(volume, signal), superblocks(volume))) {
    if (start > data) {
      yield* told(at, data, 'data')
      yield* told(data, start, 'unallocated')
      at = start
    }
    data = Math.max(data, end)
  }
  yield* told(at, data, 'data')
  yield* told(data, sizeBytes, 'unallocated')
  yield* told(Math.max(data, sizeBytes), volume.source.size, 'data')
}

function* told(start: number, end: number, kind: Extent['kind']): Generator<Extent, void, undefined> {
  if (end > start) yield { offsetBytes: start, lengthBytes: end - start, kind }
}

function superblocks({ geometry }: Volume): readonly Range[] {
  const copies = SUPERBLOCK_PLACES.map((start) => ({ start, end: start + SUPERBLOCK.sizeBytes }))
  const reserved = { start: 0, end: Math.min(RESERVED_BYTES, geometry.sizeBytes) }
  return [reserved, ...copies.filter(({ end }) => end <= geometry.sizeBytes)]
}

/** Two lists, each in order by where its ranges begin, as one. */
async function* inOrder(
  ranges: AsyncIterable<Range>,
  others: readonly Range[],
): AsyncGenerator<Range, void, undefined> {
  const left = [...others]
  for await (const range of ranges) {
    for (let [next] = left; next !== undefined && next.start <= range.start; [next] = left) {
      yield next
      left.shift()
    }
    yield range
  }
  yield* left
}

/** What is in use on the device, in order. */
async function* usedRanges(volume: Volume, signal?: AbortSignal): AsyncGenerator<Range, void, undefined> {
  const extents = await openTree(volume, TREE.extent)
  const hasOwnTree = hasFeature(volume.geometry.words, 'block-group-tree')
  const groups = hasOwnTree ? await openTree(volume, TREE.blockGroup) : extents
  const copies = volume.chunks.chunks.flatMap((chunk) => chunk.copies.map((start) => ({ chunk, start })))
  let end = 0
  for (const { chunk, start } of copies.toSorted((a, b) => a.start - b.start)) {
    if (start < end)
      throw badField(
        { structure: CHUNK.name, base: 0 },
        56,
        'the offset of a stripe',
        start,
        `${end} or more`,
      )
    end = start + chunk.lengthBytes
    for (const range of await usedIn(volume, extents, groups, chunk, signal)) {
      yield { start: start + range.start - chunk.logical, end: start + range.end - chunk.logical }
    }
  }
}

/** Logical addresses in use in a chunk, neighbours joined; all of it where its block group says something else. */
async function usedIn(
  volume: Volume,
  extents: TreeRoot,
  groups: TreeRoot,
  chunk: Chunk,
  signal: AbortSignal | undefined,
): Promise<readonly Range[]> {
  const whole = { start: chunk.logical, end: chunk.logical + chunk.lengthBytes }
  const groupKey = {
    objectId: BigInt(chunk.logical),
    type: KEY.blockGroupItem,
    offset: BigInt(chunk.lengthBytes),
  }
  const group = await findItem(volume, groups, groupKey, GROUP)
  if (group === undefined) return [whole]
  const ranges: Range[] = []
  let used = 0n
  const first = { objectId: BigInt(whole.start), type: 0, offset: 0n }
  const last = { objectId: BigInt(whole.end - 1), type: 255, offset: MOST_U64 }
  for await (const { key, data } of walkItems(volume, extents, first, last, STRUCTURE, signal)) {
    if (key.type !== KEY.extentItem && key.type !== KEY.metadataItem) continue
    const length = key.type === KEY.metadataItem ? BigInt(volume.geometry.nodeSize) : key.offset
    const start = Number(key.objectId)
    const before = ranges.at(-1)
    const least = before?.end ?? whole.start
    if (start < least || key.objectId + length > BigInt(whole.end) || length === 0n) {
      throw badField(
        data,
        0,
        'an extent',
        `${length} bytes at ${key.objectId}`,
        `one from ${least} to ${whole.end}`,
      )
    }
    const end = start + Number(length)
    used += length
    if (before !== undefined && before.end === start) ranges[ranges.length - 1] = { start: before.start, end }
    else ranges.push({ start, end })
    if (ranges.length > MOST_RANGES) return [whole]
  }
  return used === group.u64le(0) ? ranges : [whole]
}
