import { checkRange } from './ranges.ts'
import type { ByteSource } from './source.ts'

/**
 * Keeps the last used blocks in memory: for metadata, which is small and read again and again. A read that is longer
 * than `maxReadBytes` goes past the cache, so that streaming a disk does not empty it.
 *
 * INVARIANTS: a block is fetched once however many ask for it at a time; a failed fetch is not kept; at most `blocks`
 * blocks are held (each one array of `blockBytes`, the last of a source perhaps shorter).
 */
export function cached(
  source: ByteSource,
  options: Readonly<{ blockBytes: number; blocks: number; maxReadBytes?: number }>,
): ByteSource {
  const { blockBytes, blocks } = options
  const maxReadBytes = options.maxReadBytes ?? blockBytes * 4
  /** In order of use: the first is the oldest. */
  const held = new Map<number, Promise<Uint8Array>>()

  const lengthOf = (first: number, last: number): number =>
    Math.min((last + 1) * blockBytes, source.size) - first * blockBytes

  const keep = (index: number, block: Promise<Uint8Array>): void => {
    held.set(index, block)
    block.catch(() => {
      if (held.get(index) === block) held.delete(index)
    })
    if (held.size > blocks) {
      const [oldest] = held.keys()
      if (oldest !== undefined) held.delete(oldest)
    }
  }

  /** The blocks of a range; neighbours that are not held are fetched in one read. Not bound to the caller's signal:
   * others may be waiting for the same block. */
  const fetch = (first: number, last: number): readonly Promise<Uint8Array>[] => {
    const found: Promise<Uint8Array>[] = []
    for (let index = first; index <= last;) {
      const known = held.get(index)
      if (known !== undefined) {
        held.delete(index)
        held.set(index, known)
        found.push(known)
        index += 1
        continue
      }
      let missing = index
      while (missing < last && !held.has(missing + 1)) missing += 1
      const start = index
      const read = source.read(start * blockBytes, lengthOf(start, missing))
      for (; index <= missing; index += 1) {
        const at = (index - start) * blockBytes
        // A copy of its own, so that a block that is held does not hold its neighbours.
        const block =
          start === missing
            ? read
            : read.then((bytes) => bytes.slice(at, Math.min(at + blockBytes, bytes.length)))
        keep(index, block)
        found.push(block)
      }
    }
    return found
  }

  return {
    size: source.size,
    name: source.name,
    async read(offset, length, signal) {
      checkRange(source, offset, length)
      signal?.throwIfAborted()
      if (length > maxReadBytes) return source.read(offset, length, signal)
      if (length === 0) return new Uint8Array(0)
      const first = Math.floor(offset / blockBytes)
      const last = Math.floor((offset + length - 1) / blockBytes)
      const found = fetch(first, last)
      const [only] = found
      if (found.length === 1 && only !== undefined) {
        const start = offset - first * blockBytes
        return (await only).subarray(start, start + length)
      }
      const out = new Uint8Array(length)
      for (const [index, block] of (await Promise.all(found)).entries()) {
        const blockStart = (first + index) * blockBytes
        const from = Math.max(offset, blockStart)
        const to = Math.min(offset + length, blockStart + block.length)
        out.set(block.subarray(from - blockStart, to - blockStart), from - offset)
      }
      return out
    },
    ...(source.extents === undefined ? {} : { extents: source.extents.bind(source) }),
  }
}
