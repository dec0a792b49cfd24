import { checkRange } from './ranges.ts'
import type { ByteSource, Extent } from './source.ts'

/** Bytes that are in memory already. The array is not copied. */
export function fromBytes(bytes: Uint8Array, name = 'memory'): ByteSource {
  return {
    size: bytes.length,
    name,
    async read(offset, length) {
      checkRange(this, offset, length)
      return bytes.subarray(offset, offset + length)
    },
  }
}

/** Nothing but zeros, which cost nothing until they are read. */
export function zeros(size: number, name = 'zeros'): ByteSource {
  return {
    size,
    name,
    async read(offset, length) {
      checkRange(this, offset, length)
      return new Uint8Array(length)
    },
    async *extents(offset, length): AsyncGenerator<Extent, void, undefined> {
      if (length > 0) yield { offsetBytes: offset, lengthBytes: length, kind: 'zero' }
    },
  }
}
