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

  // Not bound to the caller's signal: others may be waiting for the same block.
  const fetch = (index: number): Promise<Uint8Array> => {
    const known = held.get(index)
    if (known !== undefined) {
      held.delete(index)
      held.set(index, known)
      return known
    }
    const offset = index * blockBytes
    const block = source.read(offset, Math.min(blockBytes, source.size - offset))
    held.set(index, block)
    block.catch(() => {
      if (held.get(index) === block) held.delete(index)
    })
    if (held.size > blocks) {
      const [oldest] = held.keys()
      if (oldest !== undefined) held.delete(oldest)
    }
    return block
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
      if (first === last) {
        const start = offset - first * blockBytes
        return (await fetch(first)).subarray(start, start + length)
      }
      const out = new Uint8Array(length)
      for (let index = first; index <= last; index += 1) {
        const block = await fetch(index)
        const blockStart = index * blockBytes
        const from = Math.max(offset, blockStart)
        const to = Math.min(offset + length, blockStart + block.length)
        out.set(block.subarray(from - blockStart, to - blockStart), from - offset)
      }
      return out
    },
    ...(source.extents === undefined ? {} : { extents: source.extents.bind(source) }),
  }
}
