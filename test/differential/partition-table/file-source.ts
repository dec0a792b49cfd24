import { readSync } from 'node:fs'
import { checkRange } from '../../../src/bytes/index.ts'
import type { ByteSource } from '../../../src/bytes/index.ts'

/** An open file; small reads only. */
export function fileSource(descriptor: number, size: number): ByteSource {
  return {
    size,
    name: 'image',
    async read(offset, length) {
      checkRange(this, offset, length)
      const bytes = new Uint8Array(length)
      readSync(descriptor, bytes, 0, length, offset)
      return bytes
    },
  }
}
