/**
 * Feature bits of the superblock and what mkfs.xfs and xfs_info call them (xfs_format.h, `XFS_SB_VERSION_…` and
 * `XFS_SB_FEAT_…`).
 */

/** sb_versionnum. */
export const VERSION_BITS = {
  attr: 0x10,
  nlink: 0x20,
  quota: 0x40,
  align: 0x80,
  dalign: 0x100,
  shared: 0x200,
  logv2: 0x400,
  sector: 0x800,
  extflg: 0x1000,
  dirv2: 0x2000,
  asciiCi: 0x4000,
  moreBits: 0x8000,
} as const

/** sb_features2. */
const FEATURES2 = {
  lazyCount: 0x2,
  attr2: 0x8,
  parent: 0x10,
  projid32: 0x80,
  crc: 0x100,
  ftype: 0x200,
} as const

/** sb_features_ro_compat. */
export const RO_COMPAT = { finobt: 0x1, rmapbt: 0x2, reflink: 0x4, inobtcount: 0x8 } as const

/** sb_features_incompat. */
export const INCOMPAT = {
  ftype: 0x1,
  sparse: 0x2,
  metaUuid: 0x4,
  bigtime: 0x8,
  needsRepair: 0x10,
  nrext64: 0x20,
  exchange: 0x40,
  parent: 0x80,
  metadir: 0x100,
  zoned: 0x200,
  zoneGaps: 0x400,
} as const

/** Data of zoned file systems is in the realtime section, which may be another device. */
const REFUSED_INCOMPAT: Readonly<Record<string, number>> = {
  zoned: INCOMPAT.zoned,
  'zone-gaps': INCOMPAT.zoneGaps,
}

/** `shared` has never had a meaning; parent pointers of IRIX never came to Linux. */
const KNOWN_VERSION_BITS = 0xfff0 & ~VERSION_BITS.shared
const KNOWN_FEATURES2 =
  FEATURES2.lazyCount | FEATURES2.attr2 | FEATURES2.projid32 | FEATURES2.crc | FEATURES2.ftype

export type FeatureWords = Readonly<{
  versionNumber: number
  features2: number
  roCompat: number
  incompat: number
}>

/** The name of the first feature that keeps us from reading; undefined where there is none. */
export function unreadableFeature(words: FeatureWords): string | undefined {
  const version = (words.versionNumber & 0xfff0 & ~KNOWN_VERSION_BITS) >>> 0
  if (version !== 0) return bitName('versionnum', version)
  for (const needed of ['dirv2', 'extflg'] as const) {
    if ((words.versionNumber & VERSION_BITS[needed]) === 0) return `no ${needed} (a file system of IRIX)`
  }
  if ((words.versionNumber & VERSION_BITS.moreBits) !== 0) {
    const features2 = (words.features2 & ~KNOWN_FEATURES2) >>> 0
    if (features2 !== 0) return bitName('features2', features2)
  }
  if (!isV5(words)) return undefined
  for (const [name, bit] of Object.entries(REFUSED_INCOMPAT)) {
    if ((words.incompat & bit) !== 0) return name
  }
  const incompat = (words.incompat & ~maskOf(INCOMPAT)) >>> 0
  return incompat === 0 ? undefined : bitName('features_incompat', incompat)
}

/** Names of read-only compatible bits that nobody had heard of when this was written. */
export function unknownRoCompat(words: FeatureWords): string | undefined {
  const unknown = isV5(words) ? (words.roCompat & ~maskOf(RO_COMPAT)) >>> 0 : 0
  return unknown === 0 ? undefined : bitName('features_ro_compat', unknown)
}

/** What is in use, as mkfs.xfs calls it. */
export function featureNames(words: FeatureWords): readonly string[] {
  const names: string[] = []
  const add = (name: string, present: boolean): void => {
    if (present) names.push(name)
  }
  const v5 = isV5(words)
  const two = (words.versionNumber & VERSION_BITS.moreBits) === 0 ? 0 : words.features2
  add('crc', v5)
  add('ascii-ci', (words.versionNumber & VERSION_BITS.asciiCi) !== 0)
  add('ftype', hasFtype(words))
  add('attr2', v5 || (two & FEATURES2.attr2) !== 0)
  add('lazy-count', v5 || (two & FEATURES2.lazyCount) !== 0)
  add('projid32bit', v5 || (two & FEATURES2.projid32) !== 0)
  add('quota', (words.versionNumber & VERSION_BITS.quota) !== 0)
  if (!v5) return names
  for (const [name, bit] of Object.entries(RO_COMPAT)) add(name, (words.roCompat & bit) !== 0)
  for (const name of ['sparse', 'bigtime', 'nrext64', 'exchange', 'parent', 'metadir'] as const) {
    add(name, (words.incompat & INCOMPAT[name]) !== 0)
  }
  return names
}

/** Directory entries tell what they lead to. */
export function hasFtype(words: FeatureWords): boolean {
  if (isV5(words)) return (words.incompat & INCOMPAT.ftype) !== 0
  return (words.versionNumber & VERSION_BITS.moreBits) !== 0 && (words.features2 & FEATURES2.ftype) !== 0
}

export function isV5(words: FeatureWords): boolean {
  return (words.versionNumber & 0xf) === 5
}

function bitName(field: string, bits: number): string {
  return `${field} bit ${31 - Math.clz32(bits & -bits)}`
}

function maskOf(bits: Readonly<Record<string, number>>): number {
  return Object.values(bits).reduce((mask, bit) => mask | bit, 0)
}
