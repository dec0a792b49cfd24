import type { Random } from '../random.ts'

/** With these, mkfs.xfs makes file systems smaller than 300 MB, as its own tests do. */
export const SMALL = { TEST_DIR: '/nowhere', TEST_DEV: '/nowhere', QA_CHECK_FS: '1' } as const

export type MadeWith = Readonly<{
  /** V4 cannot be mounted by kernels of today: its content comes from a protofile. */
  version: 4 | 5
  sizeMiB: number
  blockSize: number
  args: readonly string[]
}>

/** Options of mkfs.xfs, over all that the reader should know and the tool of this version writes. */
export function drawOptions(random: Random, tool: number): MadeWith {
  const version = random.chance(30) ? 4 : 5
  // Linux mounts blocks larger than a page since 6.12.
  const large = tool >= 612 ? [8192, 16_384, 65_536] : []
  const blockSize = random.pick(version === 4 ? [512, 1024, 2048, 4096] : [1024, 2048, 4096, 4096, ...large])
  const inodeSizes = [256, 512, 1024, 2048].filter(
    (size) => size <= blockSize / 2 && (version === 4 || size >= 512),
  )
  // The log of a small group must fit into it.
  const groups = random.pick([1, 2, 4])
  const isLarge = blockSize > 4096
  const sizeMiB = groups * random.pick(version === 4 ? [16, 48] : isLarge ? [192] : [32, 64])
  const args: string[] = ['-b', `size=${blockSize}`]
  const inode: string[] = [`size=${random.pick(inodeSizes)}`]
  const meta: string[] = []
  const naming: string[] = []
  if (random.chance(40)) naming.push(`size=${Math.max(blockSize, random.pick([4096, 8192, 16_384, 65_536]))}`)
  if (version === 4) {
    meta.push('crc=0', 'finobt=0', 'reflink=0')
    naming.push(`ftype=${random.below(2)}`)
    inode.push(`attr=${random.pick([1, 2])}`, `projid32bit=${random.below(2)}`)
  } else {
    const reflink = random.below(2)
    const finobt = random.chance(80) ? 1 : 0
    meta.push(`finobt=${finobt}`, `reflink=${reflink}`, `rmapbt=${random.below(2)}`)
    meta.push(`bigtime=${random.below(2)}`, `inobtcount=${finobt === 1 ? random.below(2) : 0}`)
    inode.push(`sparse=${random.below(2)}`, `nrext64=${random.below(2)}`)
    const isInMetadir = tool >= 613 && random.chance(40)
    if (isInMetadir) meta.push('metadir=1')
    // A metadata directory is not made without it.
    if (tool >= 610) inode.push(`exchange=${isInMetadir ? 1 : random.below(2)}`)
    if (tool >= 610) naming.push(`parent=${random.below(2)}`)
    if (tool >= 615 && random.chance(30)) meta.push('autofsck=1')
  }
  args.push('-m', meta.join(','), '-i', inode.join(','), '-d', `agcount=${groups}`)
  // mkfs.xfs gives small file systems a log that the kernel finds too small.
  if (version === 5) args.push('-l', `size=${isLarge ? 96 : tool >= 610 ? 24 : 18}m`)
  if (naming.length > 0) args.push('-n', naming.join(','))
  if (blockSize === 4096 && random.chance(20)) args.push('-s', 'size=4096')
  return { version, sizeMiB, blockSize, args }
}
