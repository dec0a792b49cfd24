import { at, bytes, safe64le, struct, text, u16le, u32le, u64le, u8 } from '../../bytes/index.ts'

/**
 * On-disk structures of btrfs, as include/uapi/linux/btrfs_tree.h of Linux prints them. Everything is little-endian.
 * Nodes of trees are read by hand in tree-node.ts.
 */

export const SUPERBLOCK = struct('the superblock (btrfs_super_block)', 4096, {
  fsid: at(32, bytes(16)),
  ownPlace: at(48, u64le),
  flags: at(56, u64le),
  magic: at(64, u64le),
  generation: at(72, u64le),
  rootTree: at(80, safe64le),
  chunkTree: at(88, safe64le),
  logTree: at(96, u64le),
  totalBytes: at(112, safe64le),
  usedBytes: at(120, u64le),
  rootDirectory: at(128, u64le),
  devices: at(136, u64le),
  sectorSize: at(144, u32le),
  nodeSize: at(148, u32le),
  systemChunkBytes: at(160, u32le),
  chunkTreeGeneration: at(164, u64le),
  compatReadOnly: at(180, u64le),
  incompat: at(188, u64le),
  checksumType: at(196, u16le),
  rootTreeLevel: at(198, u8),
  chunkTreeLevel: at(199, u8),
  device: at(201, bytes(98)),
  label: at(299, text(256)),
  metadataUuid: at(571, bytes(16)),
})

export const SUPERBLOCK_MAGIC = 0x4d_5f_53_66_52_48_42_5fn
export const SUPERBLOCK_PLACES = [65_536, 67_108_864, 274_877_906_944] as const
export const SYSTEM_CHUNKS_AT = 811
export const SYSTEM_CHUNKS_ROOM = 2048

/** btrfs_dev_item: the device that the superblock is on. */
export const DEVICE = struct('the device in the superblock (btrfs_dev_item)', 98, {
  id: at(0, u64le),
  totalBytes: at(8, safe64le),
  usedBytes: at(16, u64le),
  uuid: at(66, bytes(16)),
})

/** btrfs_chunk without its stripes. */
export const CHUNK = struct('a chunk (btrfs_chunk)', 48, {
  lengthBytes: at(0, safe64le),
  type: at(24, u64le),
  stripes: at(44, u16le),
})
export const STRIPE = struct('a stripe of a chunk (btrfs_stripe)', 32, {
  device: at(0, u64le),
  offsetBytes: at(8, safe64le),
  uuid: at(16, bytes(16)),
})

/** btrfs_root_item: what older kernels wrote ends before the UUIDs. */
export const ROOT_ITEM = struct('a root (btrfs_root_item)', 239, {
  rootDirectory: at(168, u64le),
  place: at(176, safe64le),
  generation: at(160, u64le),
  flags: at(208, u64le),
  references: at(216, u32le),
  level: at(238, u8),
})

/** btrfs_inode_item */
export const INODE_ITEM = struct('an inode (btrfs_inode_item)', 160, {
  size: at(16, safe64le),
  links: at(40, u32le),
  uid: at(44, u32le),
  gid: at(48, u32le),
  mode: at(52, u32le),
  device: at(56, u64le),
  flags: at(64, u64le),
  modifiedSeconds: at(136, u64le),
  modifiedNanoseconds: at(144, u32le),
})

/** btrfs_dir_item without name and data. */
export const DIR_ITEM_BYTES = 30
/** btrfs_file_extent_item up to its type; what follows is inline data or a place. */
export const INLINE_AT = 21
export const FILE_EXTENT_BYTES = 53
/** btrfs_header, and what an item and a pointer take. */
export const HEADER_BYTES = 101
export const ITEM_BYTES = 25
export const POINTER_BYTES = 33
export const KEY_BYTES = 17

/** Types of keys. */
export const KEY = {
  inodeItem: 1,
  inodeReference: 12,
  xattrItem: 24,
  dirItem: 84,
  dirIndex: 96,
  extentData: 108,
  extentChecksum: 128,
  rootItem: 132,
  rootBackReference: 144,
  rootReference: 156,
  extentItem: 168,
  metadataItem: 169,
  blockGroupItem: 192,
  chunkItem: 228,
} as const

/** Object ids of trees and of what is special. */
export const TREE = {
  root: 1n,
  extent: 2n,
  chunk: 3n,
  filesystem: 5n,
  checksum: 7n,
  blockGroup: 11n,
} as const

export const FIRST_FREE_OBJECT = 256n
const LAST_FREE_OBJECT = 2n ** 64n - 256n
export const CHECKSUM_OBJECT = 2n ** 64n - 10n
export const MOST_U64 = 2n ** 64n - 1n

/** Whether a tree is a subvolume (is_fstree). */
export function isSubvolumeId(tree: bigint): boolean {
  return tree === TREE.filesystem || (tree >= FIRST_FREE_OBJECT && tree <= LAST_FREE_OBJECT)
}
