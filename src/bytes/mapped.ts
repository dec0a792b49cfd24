import { raise } from './errors.ts'
import { clipExtents, extentsOf } from './extents.ts'
import { placesOf, shiftPlaces } from './places.ts'
import { checkRange } from './ranges.ts'
import type { ByteSource, Extent, ExtentKind, Place } from './source.ts'

/** A piece of a mapped source: bytes of another source, or a hole. Pieces follow one another without gaps. */
export type Piece = Readonly<{ lengthBytes: number }> &
  Readonly<{ source: ByteSource; sourceOffsetBytes: number } | { hole: Exclude<ExtentKind, 'data'> }>

/**
 * A source made of pieces of others: the segments of a logical volume, the extents of a file. Finding a piece takes
 * the logarithm of their number.
 */
export function mapped(pieces: readonly Piece[], name: string): ByteSource {
  const ends = new Float64Array(pieces.length)
  let size = 0
  for (const [index, piece] of pieces.entries()) {
    if ('source' in piece) checkRange(piece.source, piece.sourceOffsetBytes, piece.lengthBytes)
    size += piece.lengthBytes
    ends[index] = size
  }
  const parts = function* (offset: number, length: number) {
    const end = offset + length
    for (let at = offset, index = firstEndingAfter(ends, offset); at < end; index += 1) {
      const piece = pieces[index]
      if (piece === undefined)
        throw raise('READ_BEYOND_END', {
          source: name,
          offsetBytes: at,
          lengthBytes: end - at,
          sizeBytes: size,
        })
      const pieceEnd = ends[index] ?? size
      const partLength = Math.min(pieceEnd, end) - at
      if (partLength > 0) yield { piece, at, within: at - (pieceEnd - piece.lengthBytes), partLength }
      at += partLength
    }
  }
  return {
    size,
    name,
    async read(offset, length, signal) {
      // Holes are read from nothing that would notice.
      signal?.throwIfAborted()
      checkRange(this, offset, length)
      const found = [...parts(offset, length)]
      const [only] = found
      if (found.length === 1 && only !== undefined && 'source' in only.piece) {
        return only.piece.source.read(only.piece.sourceOffsetBytes + only.within, only.partLength, signal)
      }
      const out = new Uint8Array(length)
      await Promise.all(
        found.map(async ({ piece, at, within, partLength }) => {
          if (!('source' in piece)) return
          out.set(await piece.source.read(piece.sourceOffsetBytes + within, partLength, signal), at - offset)
        }),
      )
      return out
    },
    async *extents(offset, length, signal): AsyncGenerator<Extent, void, undefined> {
      checkRange(this, offset, length)
      for (const { piece, at, within, partLength } of parts(offset, length)) {
        if (!('source' in piece)) {
          yield { offsetBytes: at, lengthBytes: partLength, kind: piece.hole }
          continue
        }
        const start = piece.sourceOffsetBytes + within
        const below = extentsOf(piece.source, start, partLength, signal)
        yield* clipExtents(below, start, partLength, at - start)
      }
    },
    async *places(offset, length, signal): AsyncGenerator<Place, void, undefined> {
      checkRange(this, offset, length)
      for (const { piece, at, within, partLength } of parts(offset, length)) {
        if (!('source' in piece)) {
          yield { kind: 'zero', offsetBytes: at, lengthBytes: partLength }
          continue
        }
        const start = piece.sourceOffsetBytes + within
        yield* shiftPlaces(placesOf(piece.source, start, partLength, signal), at - start)
      }
    },
  }
}

/** A range of a source, as a source: a partition. */
export function windowOf(source: ByteSource, offset: number, length: number, name: string): ByteSource {
  return mapped([{ lengthBytes: length, source, sourceOffsetBytes: offset }], name)
}

/** The index of the first end that lies behind `offset`: of the piece that holds it. */
function firstEndingAfter(ends: Float64Array, offset: number): number {
  let low = 0
  let high = ends.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ends[middle] ?? 0) > offset) high = middle
    else low = middle + 1
  }
  return low
}
