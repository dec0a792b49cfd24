/**
 * The feature bits of the superblock, by the names that dumpe2fs prints
 * (https://docs.kernel.org/filesystems/ext4/globals.html#super-block, e2fsprogs lib/e2p/feature.c).
 */
const COMPATIBLE = {
  dir_prealloc: 0x1,
  imagic_inodes: 0x2,
  has_journal: 0x4,
  ext_attr: 0x8,
  resize_inode: 0x10,
  dir_index: 0x20,
  lazy_bg: 0x40,
  snapshot_bitmap: 0x100,
  sparse_super2: 0x200,
  fast_commit: 0x400,
  stable_inodes: 0x800,
  orphan_file: 0x1000,
} as const

const INCOMPATIBLE = {
  compression: 0x1,
  filetype: 0x2,
  needs_recovery: 0x4,
  journal_dev: 0x8,
  meta_bg: 0x10,
  extent: 0x40,
  '64bit': 0x80,
  mmp: 0x100,
  flex_bg: 0x200,
  ea_inode: 0x400,
  dirdata: 0x1000,
  metadata_csum_seed: 0x2000,
  large_dir: 0x4000,
  inline_data: 0x8000,
  encrypt: 0x10000,
  casefold: 0x20000,
} as const

const READ_ONLY_COMPATIBLE = {
  sparse_super: 0x1,
  large_file: 0x2,
  btree_dir: 0x4,
  huge_file: 0x8,
  uninit_bg: 0x10,
  dir_nlink: 0x20,
  extra_isize: 0x40,
  quota: 0x100,
  bigalloc: 0x200,
  metadata_csum: 0x400,
  replica: 0x800,
  'read-only': 0x1000,
  project: 0x2000,
  shared_blocks: 0x4000,
  verity: 0x8000,
  orphan_present: 0x10000,
} as const

export type Feature = keyof typeof COMPATIBLE | keyof typeof INCOMPATIBLE | keyof typeof READ_ONLY_COMPATIBLE

/** Incompatible features whose on-disk form this reader does not know: files would read as nonsense. */
const NOT_READ: readonly string[] = ['compression', 'dirdata']

export type Features = Readonly<{
  /** In the order of their bits: compatible, incompatible, read-only compatible. Unknown bits as `FEATURE_C14`, as dumpe2fs has them. */
  names: readonly string[]
  has: (feature: Feature) => boolean
  /** Incompatible ones that forbid reading, by name. Those of the other two words never do. */
  refused: readonly string[]
}>

export function featuresOf(
  words: Readonly<{ compatible: number; incompatible: number; readOnlyCompatible: number }>,
): Features {
  const incompatible = namesOf(INCOMPATIBLE, words.incompatible, 'I')
  const names = [
    ...namesOf(COMPATIBLE, words.compatible, 'C'),
    ...incompatible,
    ...namesOf(READ_ONLY_COMPATIBLE, words.readOnlyCompatible, 'R'),
  ]
  const set: ReadonlySet<string> = new Set(names)
  return {
    names,
    has: (feature) => set.has(feature),
    refused: incompatible.filter((name) => name.startsWith('FEATURE_') || NOT_READ.includes(name)),
  }
}

function namesOf(table: Readonly<Record<string, number>>, word: number, letter: string): string[] {
  const byBit = new Map(Object.entries(table).map(([name, bit]) => [bit, name]))
  const names: string[] = []
  for (let position = 0; position < 32; position += 1) {
    const bit = (1 << position) >>> 0
    if ((word & bit) !== 0) names.push(byBit.get(bit) ?? `FEATURE_${letter}${position}`)
  }
  return names
}

/**
 * What libblkid says (util-linux libblkid/src/superblocks/ext.c): ext4 is whatever has a feature that ext3 did not know.
 */
export function typeOf(
  words: Readonly<{ incompatible: number; readOnlyCompatible: number }>,
  features: Features,
): 'ext2' | 'ext3' | 'ext4' {
  const old =
    READ_ONLY_COMPATIBLE.sparse_super | READ_ONLY_COMPATIBLE.large_file | READ_ONLY_COMPATIBLE.btree_dir
  const oldIncompatible = INCOMPATIBLE.filetype | INCOMPATIBLE.needs_recovery | INCOMPATIBLE.meta_bg
  if ((words.readOnlyCompatible & ~old) !== 0 || (words.incompatible & ~oldIncompatible) !== 0) return 'ext4'
  return features.has('has_journal') ? 'ext3' : 'ext2'
}
