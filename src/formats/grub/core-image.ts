import { joinBytes } from '../../bytes/index.ts'
import type { Algorithms, ByteSource } from '../../bytes/index.ts'
import { MODULES_MAGIC } from './grub-image.ts'

/**
 * The core image of GRUB for BIOS (i386-pc), as grub-bios-setup lays it on a disk.
 *
 * Scope: the boot sector names the first sector of the core (GRUB_BOOT_MACHINE_KERNEL_SECTOR of include/grub/i386/pc/boot.h); that
 * sector lists where the rest lies (diskboot.S); the rest is a decompressor and, behind it, LZMA without a header (startup_raw.S,
 * util/mkimage.c). Non-goals: Reed-Solomon repair, cores that a file system holds in fragments of other disks.
 */
const SECTOR_BYTES = 512
const CORE_SECTOR_AT = 0x5c
const LIST_ENTRY_BYTES = 12
/** Fields of the decompressor: GRUB_DECOMPRESSOR_MACHINE_… of include/grub/offsets.h. */
const COMPRESSED_BYTES_AT = 8
const UNCOMPRESSED_BYTES_AT = 12
/** Where BIOS loads the decompressor, and how large it may be. */
const LOADED_AT = 0x8200
const MOST_DECOMPRESSOR_BYTES = 0x9000 - 0x200
/** `movl $decompressor_end, %esi`: the only instruction that says where the packed bytes begin. */
const MOVL_ESI = 0xbe
/** lc 3, lp 0, pb 2, as mkimage.c sets them, and its dictionary of 64 KiB. */
const LZMA_PROPERTIES = 0x5d
const LZMA_DICTIONARY_BYTES = 1 << 16
const LZMA_HEADER_BYTES = 13
/** One with every module has some MiB; a memdisk adds to it. */
const MOST_CORE_BYTES = 16 << 20
const MOST_UNPACKED_BYTES = 32 << 20
/** A real decompressor has one place that looks like that instruction, and each is paid with an attempt to unpack. */
const MOST_ATTEMPTS = 4

/**
 * What grub-mkimage put into the core that the boot sector of a disk loads: bytes that begin with `MODULES_MAGIC`. undefined
 * where the boot sector is no GRUB, and where its core is not as it should be.
 */
export async function openGrubCore(
  disk: ByteSource,
  { unpack }: Pick<Algorithms, 'unpack'>,
  signal?: AbortSignal,
): Promise<Uint8Array | undefined> {
  if (disk.size < 2 * SECTOR_BYTES) return undefined
  const boot = await disk.read(0, SECTOR_BYTES, signal)
  if (!new TextDecoder('latin1').decode(boot).includes('GRUB')) return undefined
  const first = viewOf(boot).getBigUint64(CORE_SECTOR_AT, true)
  const head = await sectors(disk, first, 1, signal)
  const core = head && (await behind(disk, head, signal))
  return core && unpacked(core, unpack)
}

/** Every range that the list of the first sector names: from its end on downwards, up to one without a length. */
async function behind(
  disk: ByteSource,
  head: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for (let at = SECTOR_BYTES - LIST_ENTRY_BYTES; at > 0; at -= LIST_ENTRY_BYTES) {
    const count = viewOf(head).getUint16(at + 8, true)
    if (count === 0) return joinBytes(parts)
    bytes += count * SECTOR_BYTES
    if (bytes > MOST_CORE_BYTES) return undefined
    const part = await sectors(disk, viewOf(head).getBigUint64(at, true), count, signal)
    if (part === undefined) return undefined
    parts.push(part)
  }
  return undefined
}

async function sectors(
  disk: ByteSource,
  first: bigint,
  count: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  if (first === 0n || (first + BigInt(count)) * BigInt(SECTOR_BYTES) > BigInt(disk.size)) return undefined
  return disk.read(Number(first) * SECTOR_BYTES, count * SECTOR_BYTES, signal)
}

async function unpacked(core: Uint8Array, unpack: Algorithms['unpack']): Promise<Uint8Array | undefined> {
  if (core.length < SECTOR_BYTES) return undefined
  const view = viewOf(core)
  const [packedBytes, bytes] = [
    view.getUint32(COMPRESSED_BYTES_AT, true),
    view.getUint32(UNCOMPRESSED_BYTES_AT, true),
  ]
  if (bytes > MOST_UNPACKED_BYTES) return undefined
  const last = Math.min(core.length - 5, MOST_DECOMPRESSOR_BYTES)
  let attempts = 0
  for (let at = 0; at < last && attempts < MOST_ATTEMPTS; at += 1) {
    if (core[at] !== MOVL_ESI) continue
    const start = view.getUint32(at + 1, true) - LOADED_AT
    // The coder of LZMA writes a zero byte first.
    if (start <= at || start > MOST_DECOMPRESSOR_BYTES || start >= core.length || core[start] !== 0) continue
    attempts += 1
    const packed = new Uint8Array(LZMA_HEADER_BYTES + Math.min(packedBytes, core.length - start))
    packed[0] = LZMA_PROPERTIES
    viewOf(packed).setUint32(1, LZMA_DICTIONARY_BYTES, true)
    viewOf(packed).setBigUint64(5, BigInt(bytes), true)
    packed.set(core.subarray(start, start + packed.length - LZMA_HEADER_BYTES), LZMA_HEADER_BYTES)
    const kernel = new Uint8Array(bytes)
    try {
      if ((await unpack('lzma', packed, kernel, 'start')) === bytes) return modulesIn(kernel)
    } catch {
      // Those bytes are another instruction.
    }
  }
  return undefined
}

/** The kernel has the magic in its own code, too: the table is where its size reaches up to the end. */
function modulesIn(kernel: Uint8Array): Uint8Array | undefined {
  const view = viewOf(kernel)
  for (let at = 0; at + 12 <= kernel.length; at += 4) {
    if (view.getUint32(at, true) !== MODULES_MAGIC) continue
    const [offset, size] = [view.getUint32(at + 4, true), view.getUint32(at + 8, true)]
    if (offset >= 12 && offset < size && at + size <= kernel.length) return kernel.subarray(at, at + size)
  }
  return undefined
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}
