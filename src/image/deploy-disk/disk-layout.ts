import { endOf, mapped, patched, windowOf } from '../../bytes/index.ts'
import type { ByteSource, Patch } from '../../bytes/index.ts'

/** Every part of a disk begins and ends at a multiple of this, but for the disk's end: it is a sector of any disk. */
export const PART_BYTES = 4096

type Range = Readonly<{ offsetBytes: number; lengthBytes: number }>

/** What is to be on a disk. What is in none of these is not written. */
export type DiskLayout = Readonly<{
  diskBytes: number
  /** Of the image: its first bytes, and where they go. */
  image: Range
  /** Further things, behind one another. */
  additions: readonly Readonly<{ offsetBytes: number; source: ByteSource }>[]
  /** Tables, over the image. */
  patches: readonly Patch[]
  /** Where nothing may be left of what the disk had before. */
  zeros: readonly Range[]
}>

/** A part of a disk. */
export type DiskPart = Range &
  (
    | Readonly<{ holds: 'image'; imageOffsetBytes: number }>
    /** Of this disk alone: `source` is as long as the part. */
    | Readonly<{ holds: 'own'; source: ByteSource }>
    | Readonly<{ holds: 'zero' }>
  )

/**
 * The parts of a disk, in order and without overlaps. A part that is the disk's own takes along what the image has in the
 * same blocks.
 */
export function partsOf(layout: DiskLayout, image: ByteSource): readonly DiskPart[] {
  const { diskBytes, additions, patches } = layout
  const own = joinRanges(
    [
      ...patches.map(({ offsetBytes, bytes }) => ({ offsetBytes, lengthBytes: bytes.length })),
      ...additions.map(({ offsetBytes, source }) => ({ offsetBytes, lengthBytes: source.size })),
    ].map((range) => widened(range, diskBytes)),
  )
  const disk = patched(contentOf(layout, image), patches)
  const parts: DiskPart[] = own.map(({ offsetBytes, lengthBytes }) => ({
    holds: 'own',
    offsetBytes,
    lengthBytes,
    source: windowOf(disk, offsetBytes, lengthBytes, `the disk for "${image.name}"`),
  }))
  const zeros = joinRanges(layout.zeros.map((range) => widened(range, diskBytes)))
  for (const range of without(zeros, own)) parts.push({ holds: 'zero', ...range })
  const taken = joinRanges([...own, ...zeros])
  for (const range of without([layout.image], taken)) {
    parts.push({ holds: 'image', ...range, imageOffsetBytes: range.offsetBytes - layout.image.offsetBytes })
  }
  return parts.toSorted((a, b) => a.offsetBytes - b.offsetBytes)
}

/** The disk without its tables: whatever nobody gives is zeros. */
function contentOf({ diskBytes, image: place, additions }: DiskLayout, image: ByteSource): ByteSource {
  const pieces: Parameters<typeof mapped>[0][number][] = []
  let at = 0
  const placed = [{ offsetBytes: place.offsetBytes, lengthBytes: place.lengthBytes, source: image }].concat(
    additions.map(({ offsetBytes, source }) => ({ offsetBytes, lengthBytes: source.size, source })),
  )
  for (const { offsetBytes, lengthBytes, source } of placed.toSorted(
    (a, b) => a.offsetBytes - b.offsetBytes,
  )) {
    pieces.push(
      { lengthBytes: offsetBytes - at, hole: 'zero' },
      { lengthBytes, source, sourceOffsetBytes: 0 },
    )
    at = offsetBytes + lengthBytes
  }
  return mapped([...pieces, { lengthBytes: diskBytes - at, hole: 'zero' }], image.name)
}

function widened({ offsetBytes, lengthBytes }: Range, diskBytes: number): Range {
  const start = Math.floor(offsetBytes / PART_BYTES) * PART_BYTES
  const end = Math.min(Math.ceil((offsetBytes + lengthBytes) / PART_BYTES) * PART_BYTES, diskBytes)
  return { offsetBytes: start, lengthBytes: end - start }
}

/** In order; those that touch or overlap are one. */
function joinRanges(ranges: readonly Range[]): readonly Range[] {
  const joined: { offsetBytes: number; lengthBytes: number }[] = []
  for (const range of ranges.toSorted((a, b) => a.offsetBytes - b.offsetBytes)) {
    const last = joined.at(-1)
    if (range.lengthBytes === 0) continue
    if (last !== undefined && endOf(last) >= range.offsetBytes)
      last.lengthBytes = Math.max(endOf(last), endOf(range)) - last.offsetBytes
    else joined.push({ ...range })
  }
  return joined
}

/** What of the ranges is in none of the others, which are in order. */
function without(ranges: readonly Range[], others: readonly Range[]): readonly Range[] {
  return ranges.flatMap((range) => {
    const left: Range[] = []
    let at = range.offsetBytes
    for (const other of others) {
      if (endOf(other) <= at) continue
      if (other.offsetBytes >= endOf(range)) break
      if (other.offsetBytes > at) left.push({ offsetBytes: at, lengthBytes: other.offsetBytes - at })
      at = endOf(other)
    }
    if (at < endOf(range)) left.push({ offsetBytes: at, lengthBytes: endOf(range) - at })
    return left
  })
}
