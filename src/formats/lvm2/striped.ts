import { checkRange, clipExtents, extentsOf } from '../../bytes/index.ts'
import type { ByteSource, Extent } from '../../bytes/index.ts'

/**
 * Sources of one length that take turns: `stripeBytes` of the first, as many of the second, …, and from the beginning
 * again. Nothing is kept for a stripe, so that a volume of a million of them costs no more than one of two.
 */
export function striped(columns: readonly ByteSource[], stripeBytes: number, name: string): ByteSource {
  const size = columns.reduce((sum, column) => sum + column.size, 0)
  const parts = function* (offset: number, length: number) {
    const end = offset + length
    for (let at = offset; at < end;) {
      const stripe = Math.floor(at / stripeBytes)
      const column = columns[stripe % columns.length]
      if (column === undefined) throw new TypeError(`"${name}" has no columns`)
      const within = at - stripe * stripeBytes
      const partLength = Math.min(stripeBytes - within, end - at)
      yield { column, at, from: Math.floor(stripe / columns.length) * stripeBytes + within, partLength }
      at += partLength
    }
  }
  return {
    size,
    name,
    async read(offset, length, signal) {
      checkRange(this, offset, length)
      // A large read becomes one read of each column, not one of each stripe.
      const spans = new Map<ByteSource, { from: number; to: number }>()
      for (const { column, from, partLength } of parts(offset, length)) {
        const span = spans.get(column)
        if (span === undefined) spans.set(column, { from, to: from + partLength })
        else span.to = from + partLength
      }
      const read = new Map<ByteSource, Uint8Array>()
      await Promise.all(
        [...spans].map(async ([column, { from, to }]) => {
          read.set(column, await column.read(from, to - from, signal))
        }),
      )
      const out = new Uint8Array(length)
      for (const { column, at, from, partLength } of parts(offset, length)) {
        const start = from - (spans.get(column)?.from ?? 0)
        out.set(read.get(column)?.subarray(start, start + partLength) ?? [], at - offset)
      }
      return out
    },
    async *extents(offset, length, signal): AsyncGenerator<Extent, void, undefined> {
      checkRange(this, offset, length)
      for (const { column, at, from, partLength } of parts(offset, length)) {
        yield* clipExtents(extentsOf(column, from, partLength, signal), from, partLength, at - from)
      }
    },
  }
}
