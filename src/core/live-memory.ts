const MIB = 2 ** 20
/** The kernel and what runs first, beside the files. */
const SYSTEM_MIB = 256
/** An initramfs, packed and unpacked: Zstandard makes a third of it. */
const INITRAMFS_TIMES = 4

type Stored = Readonly<{ file: string; sizeBytes: number }>

export type LiveFileSizes = Readonly<{
  /** With the root image, where that lies in it. */
  ramdisk: Stored
  /** The root image, and the file that it is in: one of its own, or the ramdisk. */
  live: Stored
}>

/**
 * What a machine needs at least to run a live image. The kernel holds a ramdisk packed and unpacked for a moment; a root image in it
 * is as large either way.
 */
export function liveMemoryMib({ ramdisk, live }: LiveFileSizes): number {
  const isInside = live.file === ramdisk.file
  const initramfsBytes = Math.max(0, ramdisk.sizeBytes - (isInside ? live.sizeBytes : 0))
  const rootBytes = isInside ? 2 * live.sizeBytes : live.sizeBytes
  return Math.ceil((INITRAMFS_TIMES * initramfsBytes + rootBytes) / MIB) + SYSTEM_MIB
}
