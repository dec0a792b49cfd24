import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { checkRange } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { raise } from './errors.ts'

/** A source that holds something open: dispose of it when done. */
export type OpenSource = ByteSource & AsyncDisposable

/** Opens a file or block device, for reading only. Throws IMAGE_UNREADABLE. */
export async function openFileSource(path: string): Promise<OpenSource> {
  let file: FileHandle
  try {
    file = await open(path, constants.O_RDONLY)
  } catch (error) {
    throw raise('IMAGE_UNREADABLE', { path, reason: (error as Error).message }, error)
  }
  const { size } = await file.stat()
  return fileSource(file, path, size)
}

function fileSource(file: FileHandle, name: string, size: number): OpenSource {
  return {
    size,
    name,
    async read(offset, length, signal) {
      checkRange(this, offset, length)
      signal?.throwIfAborted()
      const bytes = Buffer.allocUnsafeSlow(length)
      let done = 0
      while (done < length) {
        const { bytesRead } = await file.read(bytes, done, length - done, offset + done)
        if (bytesRead === 0) {
          throw raise('IMAGE_CUT_SHORT', { path: name, sizeBytes: size, offsetBytes: offset + done })
        }
        done += bytesRead
      }
      return bytes
    },
    async [Symbol.asyncDispose]() {
      await file.close()
    },
  }
}
