import type { ByteSource } from '../../bytes/index.ts'
import { orderOf } from './chunk-order.ts'
import { ChunkWork } from './chunk-work.ts'

const PIECE_BYTES = 1024 * 1024

/** A source from start to end, each piece in the same memory. Throws what its readers throw. */
export async function* readSource(
  source: ByteSource,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const work = new ChunkWork()
  for (let offsetBytes = 0; offsetBytes < source.size; offsetBytes += PIECE_BYTES) {
    const lengthBytes = Math.min(PIECE_BYTES, source.size - offsetBytes)
    const range = { offsetBytes, lengthBytes }
    const chunk = { ...range, used: [{ ...range, kind: 'data' } as const] }
    const order = await orderOf(source, chunk, 'write', undefined, signal)
    let bytes: Uint8Array
    try {
      bytes = work.read(order)
    } catch {
      // The reader itself says what is wrong, and where.
      bytes = await source.read(offsetBytes, lengthBytes, signal)
    }
    yield bytes
  }
}
