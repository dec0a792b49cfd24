import type { ByteSource } from './source.ts'

export type Count = { reads: number; bytes: number; lastEnd: number }

/** Counts what is really read: `count.bytes` is what an inspection over the network would transfer. */
export function counting(source: ByteSource): Readonly<{ source: ByteSource; count: Readonly<Count> }> {
  const count: Count = { reads: 0, bytes: 0, lastEnd: 0 }
  return {
    count,
    source: {
      size: source.size,
      name: source.name,
      read(offset, length, signal) {
        count.reads += 1
        count.bytes += length
        count.lastEnd = Math.max(count.lastEnd, offset + length)
        return source.read(offset, length, signal)
      },
      ...(source.extents === undefined ? {} : { extents: source.extents.bind(source) }),
    },
  }
}
