import { clipExtents, endOf, extentsOf } from './extents.ts'
import { clipPlace, placesOf } from './places.ts'
import { checkRange } from './ranges.ts'
import type { ByteSource, Extent, Place } from './source.ts'

/** Bytes that take the place of as many others. */
export type Patch = Readonly<{ offsetBytes: number; bytes: Uint8Array }>

/** A source with some bytes replaced as it is read; the source itself stays as it is. Patches may not overlap. */
export function patched(source: ByteSource, patches: readonly Patch[]): ByteSource {
  const sorted = patches.toSorted((a, b) => a.offsetBytes - b.offsetBytes)
  for (const [index, patch] of sorted.entries()) {
    checkRange(source, patch.offsetBytes, patch.bytes.length)
    const next = sorted[index + 1]
    if (next !== undefined && patch.offsetBytes + patch.bytes.length > next.offsetBytes) {
      throw new TypeError(`patches of "${source.name}" overlap at byte ${next.offsetBytes}`)
    }
  }
  const within = (offset: number, length: number): readonly Patch[] =>
    sorted.filter(
      (patch) => patch.offsetBytes < offset + length && patch.offsetBytes + patch.bytes.length > offset,
    )

  return {
    size: source.size,
    name: source.name,
    async read(offset, length, signal) {
      const found = within(offset, length)
      const bytes = await source.read(offset, length, signal)
      if (found.length === 0) return bytes
      // Not `slice`, which on a Buffer would be a view of the very bytes that are to stay as they are.
      const out = new Uint8Array(bytes)
      for (const patch of found) {
        const from = Math.max(patch.offsetBytes, offset)
        const to = Math.min(patch.offsetBytes + patch.bytes.length, offset + length)
        out.set(patch.bytes.subarray(from - patch.offsetBytes, to - patch.offsetBytes), from - offset)
      }
      return out
    },
    /** What is patched is data, whatever was there before. */
    async *extents(offset, length, signal): AsyncGenerator<Extent, void, undefined> {
      const found = within(offset, length)
      for await (const extent of extentsOf(source, offset, length, signal)) {
        let at = extent.offsetBytes
        for (const patch of found) {
          const from = Math.max(patch.offsetBytes, at)
          const to = Math.min(patch.offsetBytes + patch.bytes.length, endOf(extent))
          if (to <= from) continue
          if (from > at) yield { ...extent, offsetBytes: at, lengthBytes: from - at }
          yield { offsetBytes: from, lengthBytes: to - from, kind: 'data' }
          at = to
        }
        if (at < endOf(extent)) yield* clipExtents(one(extent), at, endOf(extent) - at)
      }
    },
    async *places(offset, length, signal): AsyncGenerator<Place, void, undefined> {
      const found = within(offset, length)
      for await (const place of placesOf(source, offset, length, signal)) {
        let at = place.offsetBytes
        for (const { offsetBytes, bytes } of found) {
          const from = Math.max(offsetBytes, at)
          const to = Math.min(offsetBytes + bytes.length, endOf(place))
          if (to <= from) continue
          if (from > at) yield clipPlace(place, at, from)
          const part = bytes.subarray(from - offsetBytes, to - offsetBytes)
          yield { kind: 'given', offsetBytes: from, lengthBytes: to - from, bytes: part }
          at = to
        }
        if (at < endOf(place)) yield clipPlace(place, at, endOf(place))
      }
    },
  }
}

async function* one(extent: Extent): AsyncGenerator<Extent, void, undefined> {
  yield extent
}
