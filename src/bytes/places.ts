import { checkRange } from './ranges.ts'
import type { ByteSource, Place } from './source.ts'

/** Where the bytes of a range are: what the source says, or in itself. */
export async function* placesOf(
  source: ByteSource,
  offset: number,
  length: number,
  signal?: AbortSignal,
): AsyncGenerator<Place, void, undefined> {
  checkRange(source, offset, length)
  if (length === 0) return
  if (source.places === undefined) {
    yield { kind: 'stored', offsetBytes: offset, lengthBytes: length, source, sourceOffsetBytes: offset }
  } else yield* source.places(offset, length, signal)
}

/** The places of a lower source as those of one that has its byte 0 at `-shiftBytes` of it. */
export async function* shiftPlaces(
  places: AsyncIterable<Place>,
  shiftBytes: number,
): AsyncGenerator<Place, void, undefined> {
  for await (const place of places) yield { ...place, offsetBytes: place.offsetBytes + shiftBytes }
}

/** The part of a place from `start` to `end`, which lie in it. */
export function clipPlace(place: Place, start: number, end: number): Place {
  const cutBytes = start - place.offsetBytes
  const range = { offsetBytes: start, lengthBytes: end - start }
  switch (place.kind) {
    case 'zero':
      return { ...place, ...range }
    case 'given':
      return { ...place, ...range, bytes: place.bytes.subarray(cutBytes, cutBytes + range.lengthBytes) }
    case 'stored':
      return { ...place, ...range, sourceOffsetBytes: place.sourceOffsetBytes + cutBytes }
    case 'packed':
      return { ...place, ...range, unitOffsetBytes: place.unitOffsetBytes + cutBytes }
  }
}
