import { at, bytes, struct, text, u16le, u32le, u64le, u8 } from '../../bytes/index.ts'

/**
 * On-disk structures of EROFS, as fs/erofs/erofs_fs.h of Linux prints them. Everything is little-endian. What varies in
 * length (indices of compressed files, extended attributes, directories) is read by hand where it is used.
 */
export const MAGIC = 0xe0_f5_e1_e2
export const SUPERBLOCK_AT = 1024

export const SUPERBLOCK = struct('the superblock (erofs_super_block)', 128, {
  magic: at(0, u32le),
  checksum: at(4, u32le),
  compat: at(8, u32le),
  blockBits: at(12, u8),
  extraSlots: at(13, u8),
  /** With `48bit`, the upper half of the number of blocks. */
  rootNid: at(14, u16le),
  inodes: at(16, u64le),
  epoch: at(24, u64le),
  fixedNs: at(32, u32le),
  blocks: at(36, u32le),
  metaBlock: at(40, u32le),
  xattrBlock: at(44, u32le),
  uuid: at(48, bytes(16)),
  label: at(64, text(16)),
  incompat: at(80, u32le),
  /** A bitmap with `compr_cfgs`; without, how far LZ4 looks back. */
  algorithms: at(84, u16le),
  extraDevices: at(86, u16le),
  deviceSlot: at(88, u16le),
  directoryBlockBits: at(90, u8),
  xattrPrefixes: at(91, u8),
  xattrPrefixStart: at(92, u32le),
  packedNid: at(96, u64le),
  wideRootNid: at(112, u64le),
})

/** Behind the 128 bytes, where there are slots for it. */
export const METABOX_NID_AT = 128

export const DEVICE_SLOT = struct('a device (erofs_deviceslot)', 128, {
  tag: at(0, text(64)),
  blocks: at(64, u32le),
  start: at(68, u32le),
  blocksHigh: at(72, u16le),
  startHigh: at(74, u16le),
})

/** erofs_inode_compact and erofs_inode_extended, which are read by hand. */
export const COMPACT_BYTES = 32
export const EXTENDED_BYTES = 64

/** How the content of an inode lies on the disk (EROFS_INODE_…). */
export const LAYOUTS = ['plain', 'compressed full', 'inline', 'compressed compact', 'chunks'] as const
export type Layout = (typeof LAYOUTS)[number]

export const CHUNK = { bitsMask: 0x1f, indexed: 0x20, wide: 0x40, all: 0x7f } as const

/** Z_EROFS_PCLUSTER_MAX_SIZE and Z_EROFS_PCLUSTER_MAX_DSIZE: Linux reads no larger ones. */
export const MOST_PACKED_BYTES = 1 << 20
export const MOST_UNPACKED_BYTES = 12 << 20
