import { constants } from 'node:fs'
import type { BigIntStats } from 'node:fs'
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { systemReason } from '../../core/index.ts'
import { checkRange } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { deviceSize } from './device-size.ts'
import { raise } from './errors.ts'
import { isWrittenByQemu } from './qemu-lock.ts'

/** A source that holds something open: dispose of it when done. */
export type OpenSource = ByteSource & AsyncDisposable

/** A source that is a file or device of its own: with its descriptor other threads can read it, until it is disposed of. */
export type FileSource = OpenSource &
  Readonly<{
    fd: number
    /** Throws IMAGE_FILE_CHANGED where the file was written since it was opened. Of a device nobody can tell. */
    unchanged: () => Promise<void>
    /** Whether QEMU has it open for writing. */
    isInUse: () => Promise<boolean>
  }>

/** The descriptor of the file that a source is, if it is one and nothing lies between. */
export function descriptorOf(source: ByteSource): number | undefined {
  return 'fd' in source && typeof source.fd === 'number' ? source.fd : undefined
}

/**
 * Opens a file or block device, for reading only. Holes of a sparse file are told as data: Node cannot ask for them
 * (SEEK_HOLE), and reading one costs a memory fill. Throws IMAGE_UNREADABLE, IMAGE_NOT_A_FILE.
 */
export async function openFileSource(path: string): Promise<FileSource> {
  let file: FileHandle | undefined
  try {
    // Opening a pipe would wait for its writer.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const stat = await file.stat({ bigint: true })
    if (!stat.isFile() && !stat.isBlockDevice()) {
      throw raise('IMAGE_NOT_A_FILE', { path, kind: kindOf(stat) })
    }
    const size = stat.isFile() ? Number(stat.size) : await deviceSize(file, Number(stat.rdev))
    return fileSource(file, path, size, stat)
  } catch (error) {
    await file?.close()
    if (error instanceof Error && 'syscall' in error) {
      if (path === '-') throw raise('IMAGE_NOT_A_FILE', { path, kind: 'stream' }, error)
      throw raise('IMAGE_UNREADABLE', { path, reason: systemReason(error) + schemeOf(path) }, error)
    }
    throw error
  }
}

/** `before`: what the file was like, where somebody else may write to it. */
export function fileSource(file: FileHandle, name: string, size: number, before?: BigIntStats): FileSource {
  return {
    fd: file.fd,
    size,
    name,
    async read(offset, length, signal) {
      checkRange(this, offset, length)
      signal?.throwIfAborted()
      const bytes = Buffer.allocUnsafeSlow(length)
      for (let done = 0; done < length;) {
        const { bytesRead } = await file.read(bytes, done, length - done, offset + done)
        if (bytesRead === 0) {
          throw raise('IMAGE_CUT_SHORT', { path: name, sizeBytes: size, offsetBytes: offset + done })
        }
        done += bytesRead
      }
      return bytes
    },
    async unchanged() {
      if (before === undefined || !before.isFile()) return
      const now = await file.stat({ bigint: true })
      if (now.mtimeNs !== before.mtimeNs || now.size !== before.size)
        throw raise('IMAGE_FILE_CHANGED', { path: name })
    },
    isInUse: async () => before !== undefined && (await isWrittenByQemu(before)),
    async [Symbol.asyncDispose]() {
      await file.close()
    },
  }
}

/** An address that is read as a path, for no reader knows its scheme. */
function schemeOf(path: string): string {
  const [, scheme] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(path) ?? []
  return scheme === undefined ? '' : `, and "${scheme}" is no scheme of an image (http, https, docker, oci)`
}

function kindOf(stat: BigIntStats): string {
  if (stat.isDirectory()) return 'directory'
  if (stat.isFIFO()) return 'pipe'
  return stat.isSocket() ? 'socket' : 'character device'
}
