const MIB = 2 ** 20
/** The kernel and what runs first, beside the files. */
const SYSTEM_MIB = 256

/** What a machine needs at least to run a live image: the kernel holds a ramdisk packed and unpacked for a moment. */
export function liveMemoryMib({
  ramdiskBytes,
  rootImageBytes,
}: Readonly<{
  ramdiskBytes: number
  /** Of a root image that is a file of its own. */
  rootImageBytes: number
}>): number {
  return Math.ceil((2 * ramdiskBytes + rootImageBytes) / MIB) + SYSTEM_MIB
}
