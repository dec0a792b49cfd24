import { endOf } from '../../bytes/index.ts'
import type { Extent, ExtentKind } from '../../bytes/index.ts'

const RANK: Readonly<Record<ExtentKind, number>> = { unallocated: 0, zero: 1, data: 2 }

/**
 * Widens extents to whole blocks (the last may be cut by the end): a block with any data is data, else one with any
 * required zero is zero. File systems with blocks of 1 KiB and block maps of 4 KiB meet here.
 */
export async function* alignExtents(
  extents: AsyncIterable<Extent>,
  blockBytes: number,
): AsyncGenerator<Extent, void, undefined> {
  /** The block that has been begun and not ended, from its start to where it is known. */
  let open: Extent | undefined
  for await (const extent of extents) {
    let at = extent.offsetBytes
    if (open !== undefined) {
      const blockEnd = open.offsetBytes + blockBytes
      const end = Math.min(blockEnd, endOf(extent))
      const kind: ExtentKind = RANK[extent.kind] > RANK[open.kind] ? extent.kind : open.kind
      open = { offsetBytes: open.offsetBytes, lengthBytes: end - open.offsetBytes, kind }
      if (end < blockEnd) continue
      yield open
      open = undefined
      at = end
    }
    const wholeEnd = endOf(extent) - ((endOf(extent) - at) % blockBytes)
    if (wholeEnd > at) yield { offsetBytes: at, lengthBytes: wholeEnd - at, kind: extent.kind }
    if (endOf(extent) > wholeEnd) {
      open = { offsetBytes: wholeEnd, lengthBytes: endOf(extent) - wholeEnd, kind: extent.kind }
    }
  }
  if (open !== undefined) yield open
}
