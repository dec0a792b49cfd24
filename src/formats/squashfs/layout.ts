import { at, safe64le, struct, u16le, u32le } from '../../bytes/index.ts'

/**
 * On-disk structures of squashfs 4.0, as fs/squashfs/squashfs_fs.h of Linux prints them. Everything is little-endian.
 * Inodes and directories, whose length varies, are read by hand where they are used.
 */
export const MAGIC = 0x73_71_73_68
/** Of versions below 4 on big-endian machines. */
export const MAGIC_BIG_ENDIAN = 0x68_73_71_73
/** What `mksquashfs -stream` begins with ("HSQS"): the superblock comes last, until `mksquashfs -fix` moves it. */
export const MAGIC_STREAM = 0x53_51_53_48

export const SUPERBLOCK = struct('the superblock (squashfs_super_block)', 96, {
  magic: at(0, u32le),
  inodes: at(4, u32le),
  madeAt: at(8, u32le),
  blockSize: at(12, u32le),
  fragments: at(16, u32le),
  compression: at(20, u16le),
  blockLog: at(22, u16le),
  flags: at(24, u16le),
  ids: at(26, u16le),
  major: at(28, u16le),
  minor: at(30, u16le),
  rootInode: at(32, safe64le),
  bytesUsed: at(40, safe64le),
  /** These point to indices; the tables lie before them. All ones: there is no such table. */
  idTable: at(48, safe64le),
})

/** The other tables' places may be all ones, which no number holds. */
export const TABLES_AT = { xattrs: 56, inodes: 64, directories: 72, fragments: 80, exports: 88 } as const
export const NO_TABLE = 0xffff_ffff_ffff_ffffn

export const METADATA_BYTES = 8192
export const NO_FRAGMENT = 0xffff_ffff
export const NO_XATTRS = 0xffff_ffff

export const FLAGS = {
  plainInodes: 0x1,
  plainData: 0x2,
  plainFragments: 0x8,
  noFragments: 0x10,
  alwaysFragments: 0x20,
  duplicates: 0x40,
  exportable: 0x80,
  plainXattrs: 0x100,
  noXattrs: 0x200,
  compressorOptions: 0x400,
  plainIds: 0x800,
} as const
