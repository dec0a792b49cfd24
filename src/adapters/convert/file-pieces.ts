import { open } from 'node:fs/promises'

/** A multiple of every block of a disk. */
const PIECE_BYTES = 1 << 20

/**
 * A range of a file, from its start to its end, in pieces of 1 MiB but for the last one: all in the same memory, so that a
 * piece holds good until the next is asked for.
 */
export async function* filePieces(
  path: string,
  signal: AbortSignal,
  { offsetBytes = 0, endBytes = Infinity }: Readonly<{ offsetBytes?: number; endBytes?: number }> = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const file = await open(path)
  try {
    const memory = Buffer.allocUnsafeSlow(PIECE_BYTES)
    for (let at = offsetBytes; at < endBytes;) {
      signal.throwIfAborted()
      const wanted = Math.min(PIECE_BYTES, endBytes - at)
      let filled = 0
      for (let isMore = true; isMore && filled < wanted;) {
        const { bytesRead } = await file.read(memory, filled, wanted - filled, at + filled)
        filled += bytesRead
        isMore = bytesRead > 0
      }
      if (filled > 0) yield memory.subarray(0, filled)
      if (filled < wanted) return
      at += filled
    }
  } finally {
    await file.close()
  }
}
