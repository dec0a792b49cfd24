import { at, safe64be, struct, u32be, u64be } from '../../bytes/index.ts'

/** The structures of QEMU's docs/interop/qcow2.txt. All numbers are big-endian. */

/** `QFI\xfb` */
export const QCOW2_MAGIC = 0x51_46_49_fb

export const HEADER_V2 = struct('qcow2 header', 72, {
  backingFileOffset: at(8, safe64be),
  backingFileSize: at(16, u32be),
  clusterBits: at(20, u32be),
  size: at(24, u64be),
  cryptMethod: at(32, u32be),
  l1Size: at(36, u32be),
  l1TableOffset: at(40, safe64be),
  snapshotCount: at(60, u32be),
})

/** What version 3 adds behind the 72 bytes of version 2. Offsets are those of the whole header. */
export const HEADER_V3 = struct('qcow2 header', 104, {
  incompatibleFeatures: at(72, u64be),
  headerLength: at(100, u32be),
})

/** A byte that is there where the header is longer than 104 bytes. */
export const COMPRESSION_TYPE_OFFSET = 104

/** Bits of `incompatibleFeatures`: an image with any other must not be opened. */
export const INCOMPATIBLE = {
  dirty: 1n << 0n,
  corrupt: 1n << 1n,
  externalDataFile: 1n << 2n,
  compressionType: 1n << 3n,
  extendedL2: 1n << 4n,
} as const

export const KNOWN_INCOMPATIBLE = Object.values(INCOMPATIBLE).reduce((all, bit) => all | bit, 0n)

/** Header extensions: a type, a length, and as many bytes, padded to a multiple of 8. */
export const EXTENSION = {
  end: 0,
  backingFormat: 0xe2_79_2a_ca,
  featureNames: 0x68_03_f8_57,
  externalDataFile: 0x44_41_54_41,
} as const

/** One entry of the feature name table: kind (0 is incompatible), bit number, 46 bytes of name. */
export const FEATURE_NAME_BYTES = 48

/** Bits 9-55 of an L1 entry, and of the L2 entry of a standard cluster: an offset in the file. */
export const OFFSET_MASK_HIGH = 0x00_ff_ff_ff
export const OFFSET_MASK_LOW = 0xff_ff_fe_00

/** In the upper half of an L2 entry. */
export const COMPRESSED_HIGH = 0x40_00_00_00
export const COPIED_HIGH = 0x80_00_00_00
/** In the lower half of an L2 entry of version 3, without extended L2 entries. */
export const ZERO_LOW = 1

/** The compressed clusters' sectors, whatever the sector size of the disk. */
export const COMPRESSED_SECTOR_BYTES = 512

export const SUBCLUSTERS = 32

/** QEMU's QCOW_MAX_L1_SIZE: it opens no image with a larger table. */
export const MAX_L1_BYTES = 32 * 1024 * 1024

export const MIN_CLUSTER_BITS = 9
export const MAX_CLUSTER_BITS = 21
/** Subclusters have at least 512 bytes. */
export const MIN_CLUSTER_BITS_EXTENDED = 14
