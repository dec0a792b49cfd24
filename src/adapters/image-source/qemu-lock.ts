import { readFile } from 'node:fs/promises'

/** QEMU locks a byte of each file for each thing that it may do with it (block/file-posix.c); this one stands for writing. */
const WRITING_BYTE = 101

/** Whether QEMU has a file open for writing, by the kernel's list of locks. False where that list cannot be read, or on other hosts. */
export async function isWrittenByQemu(file: Readonly<{ dev: bigint; ino: bigint }>): Promise<boolean> {
  const locks = await readFile('/proc/locks', 'utf8').catch(() => '')
  return hasWritingLock(locks, file)
}

/** `4: OFDLCK ADVISORY  READ -1 fe:00:2146369 100 101` (proc_locks(5)): device in hexadecimal, inode, first and last byte. */
export function hasWritingLock(locks: string, { dev, ino }: Readonly<{ dev: bigint; ino: bigint }>): boolean {
  // As makedev(3) packs them.
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn)
  const minor = (dev & 0xffn) | ((dev >> 12n) & ~0xffn)
  const hex = (value: bigint): string => value.toString(16).padStart(2, '0')
  const name = `${hex(major)}:${hex(minor)}:${ino}`
  return locks.split('\n').some((line) => {
    const [, kind, , , , file, first, last] = line.trim().split(/\s+/)
    return kind === 'OFDLCK' && file === name && Number(first) <= WRITING_BYTE && WRITING_BYTE <= Number(last)
  })
}
