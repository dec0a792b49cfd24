import { at, bytes, safe64be, struct, text, u16be, u32be, u64be, u8 } from '../../bytes/index.ts'

/**
 * On-disk structures of XFS, as the kernel's fs/xfs/libxfs/xfs_format.h and xfs_da_format.h print them. Everything is
 * big-endian but the checksums. Structures that differ between V4 and V5 in their headers only (B+tree blocks,
 * directory blocks) are read by hand where they are used.
 */

export const SUPERBLOCK = struct('the superblock (xfs_dsb)', 264, {
  magic: at(0, u32be),
  blockSize: at(4, u32be),
  dataBlocks: at(8, safe64be),
  realtimeBlocks: at(16, safe64be),
  uuid: at(32, bytes(16)),
  logStart: at(48, safe64be),
  rootInode: at(56, safe64be),
  agBlocks: at(84, u32be),
  agCount: at(88, u32be),
  logBlocks: at(96, u32be),
  versionNumber: at(100, u16be),
  sectorSize: at(102, u16be),
  inodeSize: at(104, u16be),
  inodesPerBlock: at(106, u16be),
  label: at(108, text(12)),
  blockLog: at(120, u8),
  sectorLog: at(121, u8),
  inodeLog: at(122, u8),
  inodesPerBlockLog: at(123, u8),
  agBlocksLog: at(124, u8),
  inProgress: at(126, u8),
  freeDataBlocks: at(144, u64be),
  directoryBlockLog: at(192, u8),
  logSectorLog: at(193, u8),
  logStripeUnit: at(196, u32be),
  features2: at(200, u32be),
  badFeatures2: at(204, u32be),
  roCompat: at(212, u32be),
  incompat: at(216, u32be),
  lsn: at(240, u64be),
  metaUuid: at(248, bytes(16)),
})

export const SUPERBLOCK_MAGIC = 0x58_46_53_42
export const SUPERBLOCK_CRC_AT = 224

/** Allocation group free space, in the second sector of each group. */
export const AGF = struct('the free space header of an allocation group (xfs_agf)', 224, {
  magic: at(0, u32be),
  version: at(4, u32be),
  sequence: at(8, u32be),
  length: at(12, u32be),
  byBlockRoot: at(16, u32be),
  byBlockLevels: at(28, u32be),
  freeListCount: at(48, u32be),
  freeBlocks: at(52, u32be),
  longestFree: at(56, u32be),
  uuid: at(64, bytes(16)),
  refcountRoot: at(88, u32be),
  refcountLevels: at(92, u32be),
})

export const AGF_MAGIC = 0x58_41_47_46
export const AGF_CRC_AT = 216

/** The inode core. What follows `nextUnlinked` is only there in version 3. */
export const INODE = struct('an inode (xfs_dinode)', 100, {
  magic: at(0, u16be),
  mode: at(2, u16be),
  version: at(4, u8),
  format: at(5, u8),
  oldLinks: at(6, u16be),
  uid: at(8, u32be),
  gid: at(12, u32be),
  links: at(16, u32be),
  size: at(56, u64be),
  extents: at(76, u32be),
  attributeExtents: at(80, u16be),
  forkOffset: at(82, u8),
  attributeFormat: at(83, u8),
  flags: at(90, u16be),
})

export const INODE_MAGIC = 0x49_4e
export const INODE_CRC_AT = 100
export const INODE_V2_SIZE = 100
export const INODE_V3_SIZE = 176
