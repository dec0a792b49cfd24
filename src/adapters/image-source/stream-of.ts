import type { ByteSource } from '../../bytes/index.ts'

const PIECE_BYTES = 1024 * 1024
const AHEAD = 3

/** A source from its start to its end, with a few reads under way ahead of what is used. `onRead` gets how far it is. */
export async function* streamOf(
  source: ByteSource,
  signal?: AbortSignal,
  onRead?: (doneBytes: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const underWay: Promise<Uint8Array>[] = []
  let next = 0
  let done = 0
  while (done < source.size) {
    while (underWay.length < AHEAD && next < source.size) {
      const length = Math.min(PIECE_BYTES, source.size - next)
      const read = source.read(next, length, signal)
      // Whoever stops early leaves reads behind; their errors are nobody's.
      read.catch(() => undefined)
      underWay.push(read)
      next += length
    }
    const bytes = await underWay.shift()
    if (bytes === undefined) return
    done += bytes.length
    onRead?.(done)
    yield bytes
  }
}
