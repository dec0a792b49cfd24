import { extentsOf } from './extents.ts'
import type { ByteSource } from './source.ts'

/** All bytes of a source in order, at most `partBytes` at a time. Holes are zeros, and are not read. */
export async function* partsOf(
  source: ByteSource,
  partBytes: number,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  let zeros: Uint8Array | undefined
  for await (const { offsetBytes, lengthBytes, kind } of extentsOf(source, 0, source.size, signal)) {
    for (let done = 0; done < lengthBytes; done += partBytes) {
      const bytes = Math.min(partBytes, lengthBytes - done)
      if (kind === 'data') yield await source.read(offsetBytes + done, bytes, signal)
      else yield (zeros ??= new Uint8Array(partBytes)).subarray(0, bytes)
    }
  }
}
