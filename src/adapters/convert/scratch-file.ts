import { randomUUID } from 'node:crypto'
import { open, unlink } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { systemReason } from '../../core/index.ts'
import type { ScratchFile } from '../../ports/index.ts'
import { raise } from './errors.ts'
import { writeAll } from './write-all.ts'

const PIECE_BYTES = 1024 * 1024

/** Where large files lie for a while. */
export function scratchDirectory(asked: string | undefined): string {
  return asked ?? process.env['TMPDIR'] ?? '/var/tmp'
}

/**
 * A file for a result that is read again at once. It loses its name before anything is in it, so it is gone with this process,
 * however that ends. It is in TMPDIR or /var/tmp where no directory is named. Throws SCRATCH_UNWRITABLE.
 */
export async function openScratch(
  directory: string = process.env['TMPDIR'] ?? '/var/tmp',
): Promise<ScratchFile> {
  const path = join(directory, `anneal-${randomUUID()}`)
  const failed = (error: unknown): Error => {
    return raise('SCRATCH_UNWRITABLE', { path: directory, why: systemReason(error) }, error)
  }
  let handle: FileHandle
  try {
    handle = await open(path, 'wx+', 0o600)
    await unlink(path)
  } catch (error) {
    throw failed(error)
  }
  return {
    async write(bytes, offsetBytes) {
      try {
        await writeAll(handle, bytes, offsetBytes)
      } catch (error) {
        throw failed(error)
      }
    },
    async *read(fromByte) {
      for (let at = fromByte; ;) {
        const piece = new Uint8Array(PIECE_BYTES)
        const { bytesRead } = await handle.read(piece, 0, piece.length, at)
        if (bytesRead === 0) return
        at += bytesRead
        yield piece.subarray(0, bytesRead)
      }
    },
    [Symbol.asyncDispose]: () => handle.close(),
  }
}
