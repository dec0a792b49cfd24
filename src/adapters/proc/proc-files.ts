import { closeSync, openSync, readlinkSync, readSync } from 'node:fs'

/**
 * Reads of procfs. Synchronous on purpose: a procfs read never waits for a disk, and one reading of a node is
 * thousands of them; through the thread pool each costs ten times as much and the reading is smeared over time.
 *
 * INVARIANT: nothing here throws because a process went away or may not be read: that is `undefined`.
 */

const GONE = new Set(['ENOENT', 'ESRCH', 'EACCES', 'EPERM', 'EINVAL', 'ENOTDIR', 'EIO'])
/** argv is bounded by the kernel (a quarter of the stack limit); this bounds a text, and a single line of a longer one. */
const MAX_BYTES = 8 * 1024 * 1024
const NEWLINE = 0x0a
let buffer = Buffer.allocUnsafe(64 * 1024)

/** For files of one process or setting. What grows with the node (mounts, sockets) is read by `readProcLines`. */
export function readProcText(path: string): string | undefined {
  return reading(path, (fd) => {
    let length = 0
    for (;;) {
      const read = readSync(fd, buffer, length, buffer.length - length, null)
      if (read === 0) return buffer.toString('utf8', 0, length)
      length += read
      if (length === buffer.length && !grow()) return undefined
    }
  })
}

/**
 * The lines of a file of any length that are `wanted`. A node with many binds has 15 MB of mountinfo, of which a few lines
 * count: only those are kept.
 */
export function readProcLines(
  path: string,
  wanted: (line: string) => boolean,
): readonly string[] | undefined {
  return reading(path, (fd) => {
    const lines: string[] = []
    // Bytes at the beginning of the buffer: a line whose end is still to come.
    let held = 0
    for (;;) {
      const read = readSync(fd, buffer, held, buffer.length - held, null)
      const length = held + read
      const end = read === 0 ? length : buffer.subarray(0, length).lastIndexOf(NEWLINE) + 1
      for (const line of buffer.toString('utf8', 0, end).split('\n')) if (wanted(line)) lines.push(line)
      if (read === 0) return lines
      buffer.copyWithin(0, end, length)
      held = length - end
      if (held === buffer.length && !grow()) return undefined
    }
  })
}

function reading<T>(path: string, read: (fd: number) => T): T | undefined {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch (error) {
    return goneOrThrow(error)
  }
  try {
    return read(fd)
  } catch (error) {
    return goneOrThrow(error)
  } finally {
    closeSync(fd)
  }
}

/** Doubles the buffer, up to the bound. */
function grow(): boolean {
  if (buffer.length >= MAX_BYTES) return false
  buffer = Buffer.concat([buffer, Buffer.allocUnsafe(buffer.length)])
  return true
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
