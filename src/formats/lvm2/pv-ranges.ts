import { clipExtents } from '../../bytes/index.ts'
import type { ByteSource, Extent } from '../../bytes/index.ts'
import { raise } from './errors.ts'
import type { GroupText, SegmentText } from './parse-group.ts'
import type { PvRange, VolumeSegment } from './volume-group.ts'

type Used = Extract<PvRange, { volume: string }>

/**
 * What each range of a physical volume belongs to. What lies before the first extent and behind the last one counts as
 * metadata. Throws LVM_EXTENTS_SHARED where two volumes claim an extent.
 */
export function rangesOf(text: GroupText, key: string, source: ByteSource): readonly PvRange[] {
  const pv = text.physical.get(key)
  if (pv === undefined) return []
  const begin = Math.min(pv.firstExtentBytes, source.size)
  const end = Math.min(begin + pv.extentCount * text.extentBytes, source.size)
  const ranges: PvRange[] = []
  const fill = (from: number, to: number, use: 'metadata' | 'free' | 'unknown'): void => {
    if (to > from) ranges.push({ offsetBytes: from, lengthBytes: to - from, use })
  }
  // A segment that names physical volumes in a way that is not read may have any extent.
  const unused = text.logical.some(({ segments }) => segments.some((one) => mayHide(one, text)))
    ? 'unknown'
    : 'free'

  fill(0, begin, 'metadata')
  let at = begin
  let before: Used | undefined
  for (const range of usedRanges(text, key)) {
    if (range.offsetBytes < at && before !== undefined) {
      const where = { offsetBytes: range.offsetBytes, pv: pv.id }
      throw raise('LVM_EXTENTS_SHARED', {
        group: text.name,
        first: before.volume,
        second: range.volume,
        ...where,
      })
    }
    // A volume that reaches beyond the image is refused where it is read.
    if (range.offsetBytes + range.lengthBytes > end) {
      fill(at, end, 'unknown')
      at = end
      break
    }
    fill(at, range.offsetBytes, unused)
    ranges.push(range)
    before = range
    at = range.offsetBytes + range.lengthBytes
  }
  fill(at, end, unused)
  fill(end, source.size, 'metadata')
  return ranges
}

function usedRanges(text: GroupText, key: string): readonly Used[] {
  const pv = text.physical.get(key)
  if (pv === undefined) return []
  const used = text.logical.flatMap(({ name: volume, segments }) =>
    segments.flatMap((segment) =>
      segment.stripes.flatMap(({ on, startExtent }, index): Used[] => {
        if (on !== key) return []
        const count = segment.stripes.length
        const place = {
          offsetBytes: pv.firstExtentBytes + startExtent * text.extentBytes,
          lengthBytes: (segment.extentCount / count) * text.extentBytes,
          volume,
          volumeOffsetBytes: segment.startExtent * text.extentBytes,
        }
        if (count === 1) return [{ ...place, use: 'volume' }]
        return [{ ...place, use: 'stripe', index, count, stripeBytes: segment.stripeBytes }]
      }),
    ),
  )
  return used.toSorted((a, b) => a.offsetBytes - b.offsetBytes)
}

function mayHide({ type, names }: SegmentText, text: GroupText): boolean {
  return type !== 'striped' && [...names].some((name) => text.physical.has(name))
}

/**
 * What of a physical volume has to be read: free extents are unallocated, and so is what `volumeExtents` says of the
 * volumes (free blocks of the file systems in them; undefined where nothing is known). Covers the whole of it.
 */
export async function* allocationOfPv(
  ranges: readonly PvRange[],
  volumeExtents: (volume: string, offset: number, length: number) => AsyncIterable<Extent> | undefined,
): AsyncGenerator<Extent, void, undefined> {
  for (const range of ranges) {
    const { offsetBytes, lengthBytes } = range
    const inside =
      range.use === 'volume' ? volumeExtents(range.volume, range.volumeOffsetBytes, lengthBytes) : undefined
    if (range.use === 'volume' && inside !== undefined) {
      const shift = offsetBytes - range.volumeOffsetBytes
      yield* clipExtents(inside, range.volumeOffsetBytes, lengthBytes, shift)
    } else {
      yield { offsetBytes, lengthBytes, kind: range.use === 'free' ? 'unallocated' : 'data' }
    }
  }
}

/** Where a range of a logical volume lies: for edits. A zero segment lies nowhere and is left out. */
export function* locateInPvs(
  segments: readonly VolumeSegment[],
  offset: number,
  length: number,
): Generator<
  Readonly<{ pv: string; pvOffsetBytes: number; volumeOffsetBytes: number; lengthBytes: number }>,
  void,
  undefined
> {
  for (const segment of segments) {
    const from = Math.max(offset, segment.volumeOffsetBytes)
    const to = Math.min(offset + length, segment.volumeOffsetBytes + segment.lengthBytes)
    const count = segment.stripes.length
    if (count === 0) continue
    const unit = count > 1 ? segment.stripeBytes : segment.lengthBytes
    for (let at = from; at < to;) {
      const within = at - segment.volumeOffsetBytes
      const number = Math.floor(within / unit)
      const lengthBytes = Math.min((number + 1) * unit - within, to - at)
      const stripe = segment.stripes[number % count]
      if (stripe === undefined) return
      const pvOffsetBytes =
        stripe.pvOffsetBytes + Math.floor(number / count) * unit + (within - number * unit)
      yield { pv: stripe.pv, pvOffsetBytes, volumeOffsetBytes: at, lengthBytes }
      at += lengthBytes
    }
  }
}
