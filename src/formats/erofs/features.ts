import type { Packing } from '../../bytes/index.ts'

/** EROFS_FEATURE_INCOMPAT_…; two names where the same bit says two things. */
export const INCOMPAT = {
  lz4ZeroPadding: 0x1,
  algorithms: 0x2,
  chunkedFiles: 0x4,
  devices: 0x8,
  tailPacking: 0x10,
  fragments: 0x20,
  xattrPrefixes: 0x40,
  wide: 0x80,
  metabox: 0x100,
} as const

export const COMPAT = {
  checksum: 0x1,
  sharedXattrsInMetabox: 0x8,
  plainXattrPrefixes: 0x10,
} as const

/** As mkfs.erofs and dump.erofs call them. */
const INCOMPAT_NAMES = [
  '0padding',
  'compr_cfgs',
  'chunked_file',
  'device_table',
  'ztailpacking',
  'fragments',
  'xattr_prefixes',
  '48bit',
  'metabox',
] as const

const COMPAT_NAMES = [
  'sb_csum',
  'mtime',
  'xattr_filter',
  'shared_ea_in_metabox',
  'plain_xattr_pfx',
  'ishare_xattrs',
] as const

export const ALGORITHMS: readonly Readonly<{ name: string; packing: Packing }>[] = [
  { name: 'lz4', packing: 'lz4' },
  { name: 'lzma', packing: 'microlzma' },
  { name: 'deflate', packing: 'deflate' },
  { name: 'zstd', packing: 'zstd' },
]

/** The first feature that nobody here knows, as a number; undefined where all are known. */
export function unknownFeature(incompat: number): string | undefined {
  for (let bit = INCOMPAT_NAMES.length; bit < 32; bit += 1) {
    if (((incompat >>> bit) & 1) === 1) return `0x${(2 ** bit).toString(16)}`
  }
  return undefined
}

export function featureNames(compat: number, incompat: number, algorithms: number): readonly string[] {
  const named = (names: readonly string[], bits: number): readonly string[] =>
    names.filter((_, bit) => ((bits >>> bit) & 1) === 1)
  return [
    ...named(COMPAT_NAMES, compat),
    ...named(INCOMPAT_NAMES, incompat),
    ...named(
      ALGORITHMS.map(({ name }) => name),
      algorithms,
    ),
  ]
}
