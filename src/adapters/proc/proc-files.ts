import { closeSync, openSync, readlinkSync, readSync } from 'node:fs'

/**
 * Reads of procfs. Synchronous on purpose: a procfs read never waits for a disk, and one reading of a node is
 * thousands of them; through the thread pool each costs ten times as much and the reading is smeared over time.
 *
 * INVARIANT: nothing here throws because a process went away or may not be read: that is `undefined`.
 */

const GONE = new Set(['ENOENT', 'ESRCH', 'EACCES', 'EPERM', 'EINVAL', 'ENOTDIR', 'EIO'])
/** argv is bounded by the kernel (a quarter of the stack limit); this bounds a reading of anything. */
const MAX_BYTES = 8 * 1024 * 1024
let buffer = Buffer.allocUnsafe(64 * 1024)

export function readProcText(path: string): string | undefined {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch (error) {
    return goneOrThrow(error)
  }
  try {
    let length = 0
    for (;;) {
      const read = readSync(fd, buffer, length, buffer.length - length, null)
      if (read === 0) return buffer.toString('utf8', 0, length)
      length += read
      if (length < buffer.length) continue
      if (length >= MAX_BYTES) return undefined
      buffer = Buffer.concat([buffer, Buffer.allocUnsafe(buffer.length)])
    }
  } catch (error) {
    return goneOrThrow(error)
  } finally {
    closeSync(fd)
  }
}

export function readProcLink(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch (error) {
    return goneOrThrow(error)
  }
}

/** `mnt:[4026531841]` → 4026531841 (namespaces(7)). */
export function readNamespace(path: string): number | undefined {
  const digits = /\[(\d+)\]$/.exec(readProcLink(path) ?? '')?.[1]
  return digits === undefined ? undefined : Number(digits)
}

export function goneOrThrow(error: unknown): undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (typeof code === 'string' && GONE.has(code)) return undefined
  throw error
}
