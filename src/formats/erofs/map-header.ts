import { badField } from './errors.ts'
import type { Inode } from './inode.ts'
import { readMeta } from './volume.ts'
import type { Volume } from './volume.ts'

export const MAP_HEADER = 'the map of a compressed inode (z_erofs_map_header)'
const HEADER_BYTES = 8
/** Z_EROFS_ADVISE_…: the first bit means another thing for compact and for full indices. */
const ADVISE = {
  compact2b: 0x1,
  extents: 0x1,
  big1: 0x2,
  big2: 0x4,
  inline: 0x8,
  interlaced: 0x10,
  fragment: 0x20,
}
const WHOLE_IN_PACKED = 0x80
/** Logical clusters are at least as large as a block, and the indices have no more bits. */
const MOST_CLUSTER_BITS = 14

/** How the clusters of an inode are found. */
export type ClusterMap = Readonly<{
  /** Where the header ends. */
  endAt: number
  clusterBits: number
  algorithms: readonly [number, number]
  isCompact2b: boolean
  isBig: readonly [boolean, boolean]
  isInterlaced: boolean
  /** Of the last cluster, which follows the indices; 0 where it lies in blocks. */
  inlineBytes: number
  hasFragment: boolean
  /** Lower half of where the fragment is in the packed inode. */
  fragmentLow: number
}>

export type CompressedBy =
  /** All of the file is one fragment. */
  | Readonly<{ by: 'fragment'; atBytes: number }>
  | Readonly<{ by: 'clusters'; map: ClusterMap }>
  | Readonly<{ by: 'extents'; map: ExtentTable }>

/** A table of extents instead of indices (with 48bit). */
export type ExtentTable = Readonly<{
  firstAt: number
  recordBytes: 4 | 8 | 16 | 32
  count: number
  clusterBits: number
  isInterlaced: boolean
  hasFragment: boolean
}>

export async function readMapHeader(volume: Volume, inode: Inode): Promise<CompressedBy> {
  const at = Math.ceil(inode.bodyAt / 8) * 8
  const head = await readMeta(inode.meta, at, HEADER_BYTES, MAP_HEADER)
  const last = head.u8(7)
  if ((last & WHOLE_IN_PACKED) !== 0) {
    const offset = head.u64le(0) & ((1n << 63n) - 1n)
    if (offset > 9_007_199_254_740_991n)
      throw badField(head, 0, 'the place of the fragment', String(offset), 'less than 2^53')
    return { by: 'fragment', atBytes: Number(offset) }
  }
  const advise = head.u16le(4)
  const has = (bit: number): boolean => (advise & bit) !== 0
  const isFull = inode.layout === 'compressed full'
  if (isFull && has(ADVISE.extents)) {
    const recordBytes = (4 << ((advise >>> 1) & 3)) as ExtentTable['recordBytes']
    return {
      by: 'extents',
      map: {
        firstAt: Math.ceil((at + HEADER_BYTES) / recordBytes) * recordBytes,
        recordBytes,
        count: head.u32le(0) + head.u16le(6) * 2 ** 32,
        // In an extent table, the upper half of its length stands there.
        clusterBits: volume.geometry.blockBits + (last & 15),
        isInterlaced: has(ADVISE.interlaced),
        hasFragment: has(ADVISE.fragment),
      },
    }
  }
  const clusterBits = volume.geometry.blockBits + (last & 15)
  if (clusterBits > MOST_CLUSTER_BITS && !isFull)
    throw badField(head, 7, 'the size of its clusters', `2^${clusterBits}`, `at most 2^${MOST_CLUSTER_BITS}`)
  if (!isFull && has(ADVISE.big1) !== has(ADVISE.big2))
    throw badField(head, 4, 'h_advise', advise, 'large clusters of both kinds, or of none')
  return {
    by: 'clusters',
    map: {
      endAt: at + HEADER_BYTES,
      clusterBits,
      algorithms: [head.u8(6) & 15, head.u8(6) >>> 4],
      isCompact2b: !isFull && has(ADVISE.compact2b),
      isBig: [has(ADVISE.big1), has(ADVISE.big2)],
      isInterlaced: has(ADVISE.interlaced),
      inlineBytes: !has(ADVISE.fragment) && has(ADVISE.inline) ? head.u16le(2) : 0,
      hasFragment: has(ADVISE.fragment),
      fragmentLow: head.u32le(0),
    },
  }
}
