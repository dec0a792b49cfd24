/** Feature bits of the superblock, and what mkfs.btrfs and sysfs call them (btrfs.h, BTRFS_FEATURE_…). */

const INCOMPAT = [
  'mixed-backref',
  'default-subvol',
  'mixed-bg',
  'compress-lzo',
  'compress-zstd',
  'big-metadata',
  'extref',
  'raid56',
  'skinny-metadata',
  'no-holes',
  'metadata-uuid',
  'raid1c34',
  'zoned',
  'extent-tree-v2',
  'raid-stripe-tree',
  undefined,
  'squota',
  'remap-tree',
] as const

const COMPAT_READ_ONLY = ['free-space-tree', 'free-space-tree-valid', 'verity', 'block-group-tree'] as const

/** Known, and laid out in a way that is not read. */
const REFUSED: ReadonlySet<string> = new Set(['zoned', 'extent-tree-v2', 'raid-stripe-tree', 'remap-tree'])

export type FeatureWords = Readonly<{ incompat: bigint; compatReadOnly: bigint }>

/** The name of the first feature that keeps us from reading; undefined where there is none. */
export function unreadableFeature({ incompat }: FeatureWords): string | undefined {
  const named = namesOf(incompat, INCOMPAT, 'incompat').find((name) => REFUSED.has(name))
  return named ?? unknownOf(incompat, INCOMPAT, 'incompat')
}

/** The name of the first read-only compatible feature that nobody had heard of when this was written. */
export function unknownReadOnly({ compatReadOnly }: FeatureWords): string | undefined {
  return unknownOf(compatReadOnly, COMPAT_READ_ONLY, 'compat_ro')
}

export function featureNames(words: FeatureWords): readonly string[] {
  return [
    ...namesOf(words.incompat, INCOMPAT, 'incompat'),
    ...namesOf(words.compatReadOnly, COMPAT_READ_ONLY, 'compat_ro'),
  ]
}

export function hasFeature(
  words: FeatureWords,
  name: 'mixed-bg' | 'skinny-metadata' | 'metadata-uuid' | 'block-group-tree',
): boolean {
  return featureNames(words).includes(name)
}

function namesOf(word: bigint, names: readonly (string | undefined)[], field: string): readonly string[] {
  return bitsOf(word).map((bit) => names[bit] ?? `${field} bit ${bit}`)
}

function unknownOf(word: bigint, names: readonly (string | undefined)[], field: string): string | undefined {
  const bit = bitsOf(word).find((one) => names[one] === undefined)
  return bit === undefined ? undefined : `${field} bit ${bit}`
}

function bitsOf(word: bigint): readonly number[] {
  return Array.from({ length: 64 }, (_, bit) => bit).filter((bit) => (word >> BigInt(bit)) & 1n)
}
