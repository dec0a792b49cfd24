import { checkRange } from './ranges.ts'
import type { ByteSource, Extent, ExtentKind } from './source.ts'

/** What is in a range of any source: what the source says, or all data where it does not know. Neighbours of one kind are joined. */
export async function* extentsOf(
  source: ByteSource,
  offset = 0,
  length = source.size - offset,
  signal?: AbortSignal,
): AsyncGenerator<Extent, void, undefined> {
  checkRange(source, offset, length)
  if (length === 0) return
  if (source.extents === undefined) yield { offsetBytes: offset, lengthBytes: length, kind: 'data' }
  else yield* joinExtents(source.extents(offset, length, signal))
}

/** Joins neighbours of one kind. */
export async function* joinExtents(
  extents: AsyncIterable<Extent> | Iterable<Extent>,
): AsyncGenerator<Extent, void, undefined> {
  let last: Extent | undefined
  for await (const extent of extents) {
    if (extent.lengthBytes === 0) continue
    if (last !== undefined && last.kind === extent.kind && endOf(last) === extent.offsetBytes) {
      last = { ...last, lengthBytes: last.lengthBytes + extent.lengthBytes }
      continue
    }
    if (last !== undefined) yield last
    last = extent
  }
  if (last !== undefined) yield last
}

/**
 * Lays what an upper layer knows over what a lower one does: free space of a file system over the clusters of a qcow2.
 * Both cover the same range. Unallocated wins over everything, zero over data.
 */
export async function* overlayExtents(
  upper: AsyncIterable<Extent>,
  lower: AsyncIterable<Extent>,
): AsyncGenerator<Extent, void, undefined> {
  const uppers = upper[Symbol.asyncIterator]()
  const lowers = lower[Symbol.asyncIterator]()
  let a = await uppers.next()
  let b = await lowers.next()
  while (a.done !== true && b.done !== true) {
    const start = Math.max(a.value.offsetBytes, b.value.offsetBytes)
    const end = Math.min(endOf(a.value), endOf(b.value))
    if (end > start) {
      yield { offsetBytes: start, lengthBytes: end - start, kind: stronger(a.value.kind, b.value.kind) }
    }
    const [endA, endB] = [endOf(a.value), endOf(b.value)]
    if (endA <= end) a = await uppers.next()
    if (endB <= end) b = await lowers.next()
  }
  await uppers.return?.()
  await lowers.return?.()
}

/** The part of each extent that lies in the range, moved by `shiftBytes`. */
export async function* clipExtents(
  extents: AsyncIterable<Extent>,
  offset: number,
  length: number,
  shiftBytes = 0,
): AsyncGenerator<Extent, void, undefined> {
  for await (const extent of extents) {
    const start = Math.max(extent.offsetBytes, offset)
    const end = Math.min(endOf(extent), offset + length)
    if (end > start) yield { offsetBytes: start + shiftBytes, lengthBytes: end - start, kind: extent.kind }
  }
}

export function endOf(extent: Readonly<{ offsetBytes: number; lengthBytes: number }>): number {
  return extent.offsetBytes + extent.lengthBytes
}

function stronger(a: ExtentKind, b: ExtentKind): ExtentKind {
  if (a === 'unallocated' || b === 'unallocated') return 'unallocated'
  return a === 'zero' || b === 'zero' ? 'zero' : 'data'
}
