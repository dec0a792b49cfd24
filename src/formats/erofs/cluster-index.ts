import type { Cursor } from '../../bytes/index.ts'
import { badField } from './errors.ts'
import type { Inode } from './inode.ts'
import type { ClusterMap } from './map-header.ts'
import { readMeta } from './volume.ts'
import type { Volume } from './volume.ts'

const FULL = 'an index of a cluster (z_erofs_lcluster_index)'
const COMPACT = 'a pack of indices of clusters'
/** Z_EROFS_LCLUSTER_TYPE_… */
export const TYPE = { plain: 0, head1: 1, nonhead: 2, head2: 3 } as const
/** Z_EROFS_LI_D0_CBLKCNT: not a distance, but how many blocks the cluster has. */
const IS_BLOCK_COUNT = 0x800
const PARTIAL = 0x8000

/** What the index says of one logical cluster: a stretch of the content of one fixed size. */
export type Logical = Readonly<{
  number: number
  /** Where the index of the next one is: behind the last one, a tail follows. */
  nextAt: number
}> &
  Readonly<
    /** A cluster on the disk begins in it, at this byte. */
    | { type: 0 | 1 | 3; offset: number; block: number; isPartial: boolean }
    /** It goes on from one before: how far back, how far to the next one; and how many blocks that has. */
    | { type: 2; back: number; forward: number; blocks: number | undefined }
  >

/** Reads the index of one logical cluster, of either form. */
export type ReadIndex = (number: number) => Promise<Logical>

export function indexReader(volume: Volume, inode: Inode, map: ClusterMap): ReadIndex {
  const read = inode.layout === 'compressed full' ? fullReader(inode, map) : compactReader(volume, inode, map)
  const clusterBytes = 2 ** map.clusterBits
  return async (number) => {
    const logical = await read(number)
    if (logical.type !== TYPE.nonhead && logical.offset >= clusterBytes)
      throw badField(
        { structure: FULL, base: inode.at },
        0,
        'the byte at which a cluster begins',
        logical.offset,
        `less than ${clusterBytes}`,
      )
    return logical
  }
}

/** Eight bytes each. */
function fullReader(inode: Inode, map: ClusterMap): ReadIndex {
  // One more than the header is left free (Z_EROFS_FULL_INDEX_START).
  const firstAt = map.endAt + 8
  const hasBig = map.isBig[0] || map.isBig[1]
  return async (number) => {
    const at = firstAt + number * 8
    const entry = await readMeta(inode.meta, at, 8, FULL)
    const advise = entry.u16le(0)
    const type = (advise & 3) as 0 | 1 | 2 | 3
    const common = { number, nextAt: at + 8 }
    if (type !== TYPE.nonhead) {
      const isPartial = (advise & PARTIAL) !== 0
      return { ...common, type, offset: entry.u16le(2), block: entry.u32le(4), isPartial }
    }
    return { ...common, type, ...distance(entry, entry.u16le(4), hasBig), forward: entry.u16le(6) }
  }
}

function distance(
  where: Cursor,
  value: number,
  hasBig: boolean,
): Readonly<{ back: number; blocks: number | undefined }> {
  if ((value & IS_BLOCK_COUNT) === 0) return { back: value, blocks: undefined }
  if (!hasBig) throw badField(where, 4, 'the number of blocks of a cluster', value & ~IS_BLOCK_COUNT, 'none')
  return { back: 1, blocks: value & ~IS_BLOCK_COUNT }
}

type Pack = Readonly<{
  cursor: Cursor
  /** How many indices are in it, of how many bits; the number of a block stands behind them. */
  count: number
  bits: number
  lowBits: number
}>

/** Packs of 2 indices in 8 bytes or of 16 in 32, the number of a block at the end of each. */
function compactReader(volume: Volume, inode: Inode, map: ClusterMap): ReadIndex {
  const { clusterBits, endAt, isCompact2b } = map
  const hasBig = map.isBig[0]
  const total = Math.ceil(inode.stat.sizeBytes / volume.geometry.blockSize)
  // The large packs are aligned to their size: small ones come before and after them.
  const before = ((32 - (endAt % 32)) / 4) & 7
  const large = isCompact2b && before < total ? Math.floor((total - before) / 16) * 16 : 0
  const lowBits = Math.max(clusterBits, 12)

  return async (number) => {
    if (number >= total)
      throw badField(
        { structure: COMPACT, base: endAt },
        0,
        'a logical cluster',
        number,
        `less than ${total}`,
      )
    const isLarge = number >= before && number < before + large
    if (isLarge && clusterBits > 12)
      throw badField(
        { structure: COMPACT, base: endAt },
        0,
        'the size of its clusters',
        `2^${clusterBits}`,
        'at most 2^12',
      )
    const bytes = isLarge ? 2 : 4
    const count = isLarge ? 16 : 2
    const packBytes = count * bytes
    const start =
      number < before
        ? endAt + number * 4
        : isLarge
          ? endAt + before * 4 + (number - before) * 2
          : endAt + before * 4 + large * 2 + (number - before - large) * 4
    const packAt = Math.floor(start / packBytes) * packBytes
    const cursor = await readMeta(inode.meta, packAt, packBytes, COMPACT)
    const pack = { cursor, count, bits: ((packBytes - 4) * 8) / count, lowBits }
    return decode(pack, (start - packAt) / bytes, number, packAt + packBytes, hasBig)
  }
}

function decode(pack: Pack, index: number, number: number, nextAt: number, hasBig: boolean): Logical {
  const { low, type } = field(pack, index)
  if (type !== TYPE.nonhead) {
    const block = pack.cursor.u32le(pack.cursor.length - 4) + blocksBefore(pack, index, hasBig)
    return { number, nextAt, type, offset: low, block, isPartial: false }
  }
  const forward = distanceToNext(pack, index)
  const common = { number, nextAt, type: TYPE.nonhead, forward }
  if ((low & IS_BLOCK_COUNT) !== 0) return { ...common, ...distance(pack.cursor, low, hasBig) }
  if (index + 1 !== pack.count) return { ...common, back: low, blocks: undefined }
  // The last index of a pack tells the distance to the next one; how far back it is, the one before knows.
  const previous = index === 0 ? undefined : field(pack, index - 1)
  if (previous?.type !== TYPE.nonhead) return { ...common, back: 1, blocks: undefined }
  const back = (previous.low & IS_BLOCK_COUNT) !== 0 ? 1 : previous.low
  return { ...common, back: back + 1, blocks: undefined }
}

function field(
  { cursor, bits, lowBits }: Pack,
  index: number,
): Readonly<{ low: number; type: 0 | 1 | 2 | 3 }> {
  const at = index * bits
  const value = cursor.u32le(at >>> 3) >>> (at & 7)
  return { low: value & (2 ** lowBits - 1), type: ((value >>> lowBits) & 3) as 0 | 1 | 2 | 3 }
}

function distanceToNext(pack: Pack, from: number): number {
  let passed = 0
  let low = 0
  for (let index = from; index < pack.count; index += 1) {
    const one = field(pack, index)
    if (one.type !== TYPE.nonhead) return passed
    ;({ low } = one)
    passed += 1
  }
  return (low & IS_BLOCK_COUNT) === 0 ? passed + low - 1 : passed
}

/** The pack has the number of a block once: those of the clusters before are counted (z_erofs_load_compact_lcluster). */
function blocksBefore(pack: Pack, from: number, hasBig: boolean): number {
  let blocks = hasBig ? 0 : 1
  for (let index = from; index > 0;) {
    index -= 1
    const { low, type } = field(pack, index)
    if (!hasBig) {
      if (type === TYPE.nonhead) index -= low
      if (index >= 0) blocks += 1
    } else if (type !== TYPE.nonhead) blocks += 1
    else if ((low & IS_BLOCK_COUNT) !== 0) {
      index -= 1
      blocks += low & ~IS_BLOCK_COUNT
    } else {
      if (low <= 1) throw badField(pack.cursor, 0, 'a distance in it', low, 'more than 1')
      index -= low - 2
    }
  }
  return blocks
}
