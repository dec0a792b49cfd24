import { constants, open } from 'node:fs/promises'
import { join } from 'node:path'
import type { GuestLogs } from '../../ports/index.ts'

/** What is read of a log. A start writes some KiB, so this holds the newest lives of a guest. */
const TAIL_BYTES = 1024 * 1024

/** `.0` is what virtlogd makes of a log that has grown to 2 MiB, `.1` what logrotate does. */
const ROTATED = ['.0', '.1']

/** The logs that libvirt writes below its log directory (`/var/log/libvirt`, as the host sees it). */
export function libvirtGuestLogs(): GuestLogs {
  return {
    async tail(directory, name) {
      if (name === '' || name.includes('/') || name.includes('\0')) return undefined
      const path = join(directory, 'qemu', `${name}.log`)
      const rotated = await Promise.all(ROTATED.map((suffix) => readTail(`${path}${suffix}`)))
      const before = rotated
        .filter((tail) => tail !== undefined)
        .toSorted((a, b) => a.changedMs - b.changedMs)
        .at(-1)
      const now = await readTail(path)
      const found = [before, now].filter((tail) => tail !== undefined)
      return found.length === 0 ? undefined : found.map(({ text }) => text).join('\n')
    },
  }
}

/** undefined where it cannot be read: a log that tells nothing speaks against nobody. */
async function readTail(path: string): Promise<Readonly<{ text: string; changedMs: number }> | undefined> {
  try {
    // QEMU's user may own the directory: neither a link out of it nor a pipe is followed.
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      const stat = await file.stat()
      if (!stat.isFile()) return undefined
      const length = Math.min(stat.size, TAIL_BYTES)
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, stat.size - length)
      return { text: buffer.subarray(0, bytesRead).toString('utf8'), changedMs: stat.mtimeMs }
    } finally {
      await file.close()
    }
  } catch {
    return undefined
  }
}
