import type { Random } from '../random.ts'

export type MadeWith = Readonly<{
  args: readonly string[]
  sizeMiB: number
  blockBytes: number
  inodeBytes: number
  /** Blocks to a cluster. */
  clusterBlocks: number
  /** The kernel has to mount it; else only what mke2fs wrote into it can be compared. */
  mountable: boolean
  /** Kernels without quota support mount such file systems only to read. */
  writable: boolean
  /** How names are hashed, and whether their bytes are taken for unsigned numbers. */
  hash: 'legacy' | 'half_md4' | 'tea'
  unsigned: boolean
}>

/** Options of mke2fs, over all that the reader should know. */
export function drawOptions(random: Random): MadeWith {
  const type = random.pick(['ext2', 'ext3', 'ext4', 'ext4', 'ext4', 'ext4'] as const)
  const large = random.chance(10)
  const blockBytes = random.pick(large ? [8192, 16_384, 65_536] : [1024, 1024, 2048, 4096, 4096])
  const inodeBytes = random.pick(type === 'ext4' ? [256, 256, 512, 1024] : [128, 256])
  const sizeMiB = random.pick(large ? [32, 64] : [12, 24, 40])
  const features = type === 'ext4' ? ext4Features(random) : oldFeatures(random)
  const clusterBlocks = features.includes('bigalloc') ? 2 ** random.between(1, 4) : 1
  const args = ['-t', type, '-b', String(blockBytes), '-I', String(inodeBytes), '-N', '1500']
  if (clusterBlocks > 1) args.push('-C', String(blockBytes * clusterBlocks))
  else if (random.chance(30)) args.push('-g', String(random.pick([512, 1024, 4096])))
  if (random.chance(20)) args.push('-G', String(2 ** random.between(1, 5)))
  if (type === 'ext3' || features.includes('has_journal')) args.push('-J', `size=${large ? 8 : 4}`)
  if (features.length > 0) args.push('-O', features.join(','))
  return {
    args,
    sizeMiB,
    blockBytes,
    inodeBytes,
    clusterBlocks,
    mountable: !large && !features.includes('casefold'),
    writable: !features.includes('quota'),
    hash: random.pick(['legacy', 'half_md4', 'half_md4', 'tea'] as const),
    unsigned: random.chance(25),
  }
}

function oldFeatures(random: Random): string[] {
  const features: string[] = []
  if (random.chance(20)) features.push('^filetype')
  if (random.chance(20)) features.push('^sparse_super')
  if (random.chance(20)) features.push('^resize_inode')
  if (random.chance(20)) features.push('^dir_index')
  if (random.chance(20)) features.push('^large_file')
  return features
}

function ext4Features(random: Random): string[] {
  const features: string[] = [random.chance(50) ? 'has_journal' : '^has_journal']
  const add = (percent: number, ...some: string[]): void => {
    if (random.chance(percent)) features.push(...some)
  }
  const checksums = random.pick(['metadata_csum', 'metadata_csum', 'uninit_bg', 'none'] as const)
  if (checksums === 'metadata_csum') {
    features.push('metadata_csum')
    add(30, 'metadata_csum_seed')
  } else features.push('^metadata_csum', checksums === 'none' ? '^uninit_bg' : 'uninit_bg')
  const withoutExtents = random.chance(15)
  if (withoutExtents) features.push('^extent', '^64bit')
  else features.push(random.chance(70) ? '64bit' : '^64bit')
  const layout = random.pick(['resize_inode', '^resize_inode', 'meta_bg'] as const)
  if (layout === 'meta_bg') features.push('meta_bg', '^resize_inode')
  else features.push(layout)
  if (!withoutExtents) add(20, 'bigalloc')
  features.push(...random.pick([['sparse_super2'], ['^sparse_super'], [], []]))
  add(20, '^flex_bg')
  add(35, 'inline_data')
  add(20, 'large_dir')
  add(15, '^dir_index')
  add(10, '^filetype')
  add(10, '^huge_file')
  add(10, '^extra_isize')
  add(10, 'quota')
  add(10, 'ea_inode')
  add(10, 'encrypt')
  add(5, 'stable_inodes')
  if (features[0] === 'has_journal') {
    add(15, 'orphan_file')
    add(15, 'fast_commit')
  }
  if (!features.includes('^dir_index') && !features.includes('^filetype')) add(4, 'casefold')
  return features
}
