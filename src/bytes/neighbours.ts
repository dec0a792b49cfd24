import { endOf } from './extents.ts'

type Range = Readonly<{ offsetBytes: number; lengthBytes: number }>

/** Ranges of one source that are fetched in one read, and what reads all of them. */
export type Group<T> = Readonly<{ offsetBytes: number; lengthBytes: number; members: readonly T[] }>

/**
 * Puts ranges together that lie near one another: with no more than `mostGapBytes` between two of them, and no more than
 * `mostBytes` in all, but for a single range that is longer.
 */
export function neighbours<T>(
  all: readonly T[],
  rangeOf: (one: T) => Range,
  { mostGapBytes, mostBytes }: Readonly<{ mostGapBytes: number; mostBytes: number }>,
): readonly Group<T>[] {
  const groups: { offsetBytes: number; lengthBytes: number; members: T[] }[] = []
  const sorted = all.map((one) => ({ one, range: rangeOf(one) }))
  for (const { one, range } of sorted.toSorted((a, b) => a.range.offsetBytes - b.range.offsetBytes)) {
    const last = groups.at(-1)
    const near =
      last !== undefined &&
      range.offsetBytes <= endOf(last) + mostGapBytes &&
      endOf(range) - last.offsetBytes <= mostBytes
    if (near) {
      last.members.push(one)
      last.lengthBytes = Math.max(last.lengthBytes, endOf(range) - last.offsetBytes)
    } else groups.push({ ...range, members: [one] })
  }
  return groups
}
