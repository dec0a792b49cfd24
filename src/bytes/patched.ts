import { endOf, extentsOf } from './extents.ts'
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
      yield* patchExtents(extentsOf(source, offset, length, signal), within(offset, length))
    },
    async *places(offset, length, signal): AsyncGenerator<Place, void, undefined> {
      const found = within(offset, length)
      for await (const place of placesOf(source, offset, length, signal)) {
        for (const { start, end, patch } of cut(place, found)) {
          if (patch === undefined) {
            yield clipPlace(place, start, end)
            continue
          }
          const bytes = patch.bytes.subarray(start - patch.offsetBytes, end - patch.offsetBytes)
          yield { kind: 'given', offsetBytes: start, lengthBytes: end - start, bytes }
        }
      }
    },
  }
}

/** Extents in which all that is patched is data. */
export async function* patchExtents(
  extents: AsyncIterable<Extent>,
  patches: readonly Patch[],
): AsyncGenerator<Extent, void, undefined> {
  const sorted = patches.toSorted((a, b) => a.offsetBytes - b.offsetBytes)
  for await (const extent of extents) {
    for (const { start, end, patch } of cut(extent, sorted)) {
      const kind = patch === undefined ? extent.kind : 'data'
      yield { offsetBytes: start, lengthBytes: end - start, kind }
    }
  }
}

/** A range in pieces, each of one patch or of none. Patches are in order. */
function* cut(
  range: Readonly<{ offsetBytes: number; lengthBytes: number }>,
  patches: readonly Patch[],
): Generator<Readonly<{ start: number; end: number; patch?: Patch }>, void, undefined> {
  let at = range.offsetBytes
  for (const patch of patches) {
    const start = Math.max(patch.offsetBytes, at)
    const end = Math.min(patch.offsetBytes + patch.bytes.length, endOf(range))
    if (end <= start) continue
    if (start > at) yield { start: at, end: start }
    yield { start, end, patch }
    at = end
  }
  if (at < endOf(range)) yield { start: at, end: endOf(range) }
}
