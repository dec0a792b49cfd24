/** What differs between the architectures that a deploy ramdisk is built for. */
export type Architecture = keyof typeof ARCHITECTURES

export const ARCHITECTURES = {
  amd64: { kernelPackage: 'linux-image-amd64', triplet: 'x86_64-linux-gnu' },
  arm64: { kernelPackage: 'linux-image-arm64', triplet: 'aarch64-linux-gnu' },
} as const

/** Programs of the ramdisk: their file below /usr/bin or /usr/sbin, and the package that has it. */
export const PROGRAMS: readonly Readonly<{ program: string; package: string }>[] = [
  { program: 'busybox', package: 'busybox-static' },
  { program: 'zstd', package: 'zstd' },
  { program: 'b2sum', package: 'coreutils' },
  { program: 'xxhsum', package: 'xxhash' },
  { program: 'blkdiscard', package: 'util-linux' },
  { program: 'wipefs', package: 'util-linux' },
  { program: 'blkid', package: 'util-linux' },
  { program: 'wget', package: 'wget' },
  { program: 'nvme', package: 'nvme-cli' },
  { program: 'hdparm', package: 'hdparm' },
  { program: 'tcpdump', package: 'tcpdump' },
  { program: 'tgtd', package: 'tgt' },
  { program: 'tgtadm', package: 'tgt' },
]
