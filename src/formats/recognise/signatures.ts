import { bytesOfHex } from '../../core/index.ts'
import type { Family } from './found.ts'

/** Bytes that a format has at one of several places; offsets are libblkid's (util-linux, libblkid/src/superblocks). */
export type Signature = Readonly<{
  /** As blkid calls the type. */
  type: string
  family: Family
  magic: Uint8Array
  offsets: readonly number[]
  /** A UUID of 16 bytes in the order in which they are written, relative to the beginning. */
  uuidAt?: number
  /** A UUID that stands there as text. */
  uuidTextAt?: number
  labelAt?: readonly [offset: number, length: number]
  /** Bits that are set in the byte there. */
  bits?: readonly [offset: number, bits: number]
  /** Of two-byte characters. */
  wideLabel?: true
}>

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)

/** A swap area's signature ends its first page, whatever a page is on the machine that made it. */
const SWAP_OFFSETS = [4096, 8192, 16_384, 32_768, 65_536].map((page) => page - 10)
const LUKS_SECOND_OFFSETS = [0x4000, 0x8000, 0x10000] as const
const SWAP = {
  type: 'swap',
  family: 'swap',
  offsets: SWAP_OFFSETS,
  uuidAt: 1036,
  labelAt: [1052, 16],
} as const
const HIBERNATED = { ...SWAP, type: 'swsuspend' } as const

/** Those that wrap others come first: a mirror of file systems looks like one, too. */
export const SIGNATURES: readonly Signature[] = [
  {
    type: 'crypto_LUKS',
    family: 'encrypted',
    magic: bytesOfHex('4c554b53babe0002'),
    offsets: [0],
    uuidTextAt: 168,
    labelAt: [24, 48],
  },
  {
    type: 'crypto_LUKS',
    family: 'encrypted',
    magic: bytesOfHex('4c554b53babe'),
    offsets: [0],
    uuidTextAt: 168,
  },
  {
    type: 'crypto_LUKS',
    family: 'encrypted',
    magic: bytesOfHex('534b554cbabe'),
    offsets: LUKS_SECOND_OFFSETS,
  },
  { type: 'BitLocker', family: 'encrypted', magic: ascii('-FVE-FS-'), offsets: [3] },
  {
    type: 'linux_raid_member',
    family: 'container',
    magic: bytesOfHex('fc4e2ba9'),
    offsets: [0],
    uuidAt: 16,
    labelAt: [32, 32],
  },
  {
    type: 'linux_raid_member',
    family: 'container',
    magic: bytesOfHex('fc4e2ba9'),
    offsets: [4096],
    uuidAt: 4112,
    labelAt: [4128, 32],
  },
  {
    type: 'LVM2_member',
    family: 'physical volume',
    magic: ascii('LVM2 001'),
    offsets: [24, 536, 1048, 1560],
  },
  {
    type: 'bcachefs',
    family: 'file system',
    magic: bytesOfHex('c68573f666ce90a9d96a60cf803df7ef'),
    offsets: [4120],
    uuidAt: 4152,
    labelAt: [4168, 32],
  },
  {
    type: 'bcache',
    family: 'container',
    magic: bytesOfHex('c68573f64e1a45ca8265f57f48ba6d81'),
    offsets: [4120],
    uuidAt: 4136,
  },
  { type: 'vdo', family: 'container', magic: ascii('dmvdo001'), offsets: [0] },
  {
    type: 'stratis',
    family: 'container',
    magic: bytesOfHex('21537472613074697386ff025e417268'),
    offsets: [516],
  },
  { type: 'DM_integrity', family: 'container', magic: ascii('integrt\0'), offsets: [0] },
  { type: 'DM_verity_hash', family: 'container', magic: ascii('verity\0\0'), offsets: [0], uuidAt: 16 },
  { type: 'ceph_bluestore', family: 'container', magic: ascii('bluestore block device'), offsets: [0] },
  // TuxOnIce.
  { ...HIBERNATED, magic: bytesOfHex('edc302e99856e50c'), offsets: [0] },
  { ...HIBERNATED, magic: ascii('S1SUSPEND') },
  { ...HIBERNATED, magic: ascii('S2SUSPEND') },
  { ...HIBERNATED, magic: ascii('ULSUSPEND') },
  { ...HIBERNATED, magic: ascii('LINHIB0001') },
  { ...SWAP, magic: ascii('SWAPSPACE2') },
  { ...SWAP, magic: ascii('SWAP-SPACE') },
  { type: 'xfs', family: 'file system', magic: ascii('XFSB'), offsets: [0], uuidAt: 32, labelAt: [108, 12] },
  { type: 'squashfs', family: 'file system', magic: ascii('hsqs'), offsets: [0] },
  { type: 'squashfs', family: 'file system', magic: ascii('sqsh'), offsets: [0] },
  // Of `mksquashfs -stream`, before `-fix`; blkid does not know it.
  { type: 'squashfs', family: 'file system', magic: ascii('HSQS\0\0\0\0'), offsets: [0] },
  { type: 'ntfs', family: 'file system', magic: ascii('NTFS    '), offsets: [3] },
  { type: 'exfat', family: 'file system', magic: ascii('EXFAT   '), offsets: [3] },
  // Its journal, on a device of its own: bit 3 of the incompatible features.
  {
    type: 'jbd',
    family: 'container',
    magic: bytesOfHex('53ef'),
    offsets: [1080],
    bits: [1120, 0x08],
    uuidAt: 1128,
    labelAt: [1144, 16],
  },
  {
    type: 'ext4',
    family: 'file system',
    magic: bytesOfHex('53ef'),
    offsets: [1080],
    uuidAt: 1128,
    labelAt: [1144, 16],
  },
  {
    type: 'erofs',
    family: 'file system',
    magic: bytesOfHex('e2e1f5e0'),
    offsets: [1024],
    uuidAt: 1072,
    labelAt: [1088, 16],
  },
  {
    type: 'f2fs',
    family: 'file system',
    magic: bytesOfHex('1020f5f2'),
    offsets: [1024],
    uuidAt: 1132,
    labelAt: [1148, 1024],
    wideLabel: true,
  },
  { type: 'hfsplus', family: 'file system', magic: ascii('H+'), offsets: [1024] },
  {
    type: 'nilfs2',
    family: 'file system',
    magic: bytesOfHex('3434'),
    offsets: [1030],
    uuidAt: 1176,
    labelAt: [1192, 80],
  },
  {
    type: 'jfs',
    family: 'file system',
    magic: ascii('JFS1'),
    offsets: [32_768],
    uuidAt: 32_904,
    labelAt: [32_920, 16],
  },
  { type: 'iso9660', family: 'file system', magic: ascii('CD001'), offsets: [32_769] },
  { type: 'udf', family: 'file system', magic: ascii('BEA01'), offsets: [32_769] },
  { type: 'gfs2', family: 'file system', magic: bytesOfHex('01161970'), offsets: [65_536] },
  {
    type: 'reiserfs',
    family: 'file system',
    magic: ascii('ReIsEr'),
    offsets: [65_588],
    uuidAt: 65_620,
    labelAt: [65_636, 16],
  },
  {
    type: 'btrfs',
    family: 'file system',
    magic: ascii('_BHRfS_M'),
    offsets: [65_600],
    uuidAt: 65_568,
    labelAt: [65_835, 256],
  },
]
