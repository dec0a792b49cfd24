const MIB = 2 ** 20
/** The kernel and what runs first, beside the files. */
const SYSTEM_MIB = 256
/** An initramfs, packed and unpacked: Zstandard makes a third of it. */
const INITRAMFS_TIMES = 4

export type LiveFileSizes = Readonly<{
  /** With the root image, where that lies in it. */
  ramdiskBytes: number
  rootImageBytes: number
  rootImageIn: 'ramdisk' | 'file'
}>

/**
 * What a machine needs at least to run a live image. The kernel holds a ramdisk packed and unpacked for a moment; a root image in it
 * is as large either way.
 */
export function liveMemoryMib({ ramdiskBytes, rootImageBytes, rootImageIn }: LiveFileSizes): number {
  const isInside = rootImageIn === 'ramdisk'
  const initramfsBytes = Math.max(0, ramdiskBytes - (isInside ? rootImageBytes : 0))
  const rootBytes = isInside ? 2 * rootImageBytes : rootImageBytes
  return Math.ceil((INITRAMFS_TIMES * initramfsBytes + rootBytes) / MIB) + SYSTEM_MIB
}
