import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { checkRange } from '../../src/bytes/index.ts'
import type { ByteSource } from '../../src/bytes/index.ts'

/** A file as a source. Close it when done. */
export function openFile(path: string): ByteSource & { close: () => void } {
  const file = openSync(path, 'r')
  return {
    size: statSync(path).size,
    name: path,
    async read(offset, length) {
      checkRange(this, offset, length)
      const bytes = new Uint8Array(length)
      readSync(file, bytes, 0, length, offset)
      return bytes
    },
    close: () => closeSync(file),
  }
}
