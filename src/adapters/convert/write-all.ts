import type { FileHandle } from 'node:fs/promises'

/** Writes all of these bytes there: one call may take only some of them. */
export async function writeAll(handle: FileHandle, bytes: Uint8Array, offsetBytes: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, offsetBytes + done)
    done += bytesWritten
  }
}
