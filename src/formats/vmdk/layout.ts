import { at, struct, u16le, u32le, u64le, u8 } from '../../bytes/index.ts'

/** The structures of VMware's "Virtual Disk Format 5.0". All numbers are little-endian; most count sectors. */

export const SECTOR_BYTES = 512

/** `KDMV`: "Hosted Sparse Extent Header". */
export const SPARSE_MAGIC = 0x56_4d_44_4b

export const SPARSE_HEADER = struct('VMDK sparse extent header', 512, {
  magic: at(0, u32le),
  version: at(4, u32le),
  flags: at(8, u32le),
  capacity: at(12, u64le),
  grainSectors: at(20, u64le),
  descriptorOffset: at(28, u64le),
  descriptorSectors: at(36, u64le),
  tableEntries: at(44, u32le),
  directoryOffset: at(56, u64le),
  overheadSectors: at(64, u64le),
  uncleanShutdown: at(72, u8),
  compression: at(77, u16le),
})

/** Four characters that a transfer as text changes. */
export const LINE_END_OFFSET = 73
export const LINE_END = '\n \r\n'

export const FLAG = {
  lineEndTest: 1 << 0,
  zeroedGrains: 1 << 2,
  compressed: 1 << 16,
  markers: 1 << 17,
} as const

export const MAX_VERSION = 3
export const DEFLATE = 1

/** As the offset of the grain directory: a copy of the header at the end of the file has it. */
export const DIRECTORY_IN_FOOTER = 0xffff_ffff_ffff_ffffn
/** "Stream-Optimized Compressed Sparse Extents": the marker of the footer, the footer, and the end-of-stream marker. */
export const FOOTER_MARKER_FROM_END = 3 * SECTOR_BYTES
export const FOOTER_FROM_END = 2 * SECTOR_BYTES
export const FOOTER_MARKER_TYPE = 3
export const MARKER = struct('VMDK marker', 16, {
  sectors: at(0, u64le),
  sizeBytes: at(8, u32le),
  type: at(12, u32le),
})
/** Before the stream of a compressed grain: where the grain is in the disk, and how long its stream is. */
export const GRAIN_MARKER = struct('VMDK grain marker', 12, { sector: at(0, u64le), sizeBytes: at(8, u32le) })

/** A grain table entry of a grain that is all zeros, where the header has that flag. */
export const ZEROED_GRAIN = 1

/** QEMU's limits: a grain of 1 GiB, and 512 entries in a table; ESX has tables of 4096 entries. */
export const MAX_GRAIN_SECTORS = 0x20_0000
export const MAX_PACKED_GRAIN_SECTORS = 16 * 2048
export const MAX_TABLE_ENTRIES = 4096

/** `# Disk DescriptorFile` and the lines behind it. */
export const MAX_DESCRIPTOR_BYTES = 1024 * 1024
/** 2 TiB in extents of 2 GiB are 1024. */
export const MAX_EXTENTS = 2048
/** The content ID of a disk that has no parent. */
export const NO_PARENT = 'ffffffff'
