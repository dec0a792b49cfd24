import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import type { CloserLook } from '../../node/index.ts'
import { goneOrThrow } from './proc-files.ts'

/**
 * Whether an executable is QEMU's system emulator, whatever its file is called: kvm-spice, qemu-kvm-ev,
 * .qemu-system-x86_64-wrapped. It prints its version under one name only (`version` in QEMU's system/vl.c), and holds
 * commands of its monitor that qemu-img, qemu-nbd, qemu-storage-daemon and libvirt do not have. Held to QEMU 5.2, 7.2,
 * 10.0 and 11.1 of Debian and to its microvm builds.
 */
const VERSION = Buffer.from('QEMU emulator version ')
const COMMANDS = ['x-exit-preconfig', 'query-acpi-ospm-status', 'inject-nmi'].map((word) => Buffer.from(word))

const ELF_MAGIC = 0x7f45_4c46
/** The largest emulators have 40 MiB; this bounds a reading of anything. */
const MAX_BYTES = 256 * 1024 * 1024
const CHUNK_BYTES = 1024 * 1024
const OVERLAP_BYTES = 64

/** By what the file is, not by its path: an upgrade replaces the file under the same one. */
const known = new Map<string, 'emulator' | 'other'>()

/** `path` may be a magic link such as /proc/PID/exe: then it is the file that runs, also where it was removed. */
export function contentOf(path: string): CloserLook['content'] {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch (error) {
    return goneOrThrow(error) ?? 'unreadable'
  }
  try {
    const { dev, ino, size, mtimeNs } = fstatSync(fd, { bigint: true })
    const key = `${dev}:${ino}:${size}:${mtimeNs}`
    const before = known.get(key)
    if (before !== undefined) return before
    const content = isEmulator(fd) ? 'emulator' : 'other'
    known.set(key, content)
    return content
  } catch (error) {
    return goneOrThrow(error) ?? 'unreadable'
  } finally {
    closeSync(fd)
  }
}

function isEmulator(fd: number): boolean {
  const head = Buffer.alloc(4096)
  const read = readSync(fd, head, 0, head.length, 0)
  if (read < 4 || head.readUInt32BE(0) !== ELF_MAGIC || isGo(head)) return false
  // Nearly every other program is done with after the first search.
  return holds(fd, [VERSION]) && holds(fd, COMMANDS)
}

/** Whether the file holds one of these words. */
function holds(fd: number, words: readonly Buffer[]): boolean {
  const buffer = Buffer.allocUnsafe(OVERLAP_BYTES + CHUNK_BYTES)
  let kept = 0
  for (let offset = 0; offset < MAX_BYTES;) {
    const read = readSync(fd, buffer, kept, CHUNK_BYTES, offset)
    if (read === 0) return false
    const chunk = buffer.subarray(0, kept + read)
    if (words.some((word) => chunk.includes(word))) return true
    offset += read
    // A word may lie across the border of two readings.
    kept = Math.min(OVERLAP_BYTES, chunk.length)
    chunk.copyWithin(0, chunk.length - kept)
  }
  return false
}

/** Programs in Go are large, and no QEMU: the linker puts this note into the first page. */
function isGo(head: Buffer): boolean {
  return head.includes('\0Go\0\0')
}
