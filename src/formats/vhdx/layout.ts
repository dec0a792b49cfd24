import { at, bytes, struct, text, u16le, u32le, u64le } from '../../bytes/index.ts'

/** The structures of [MS-VHDX], "Virtual Hard Disk v2 (VHDX) File Format". All numbers are little-endian. */

export const FILE_SIGNATURE = 'vhdxfile'

/** 2.2.2: two headers, of which the sound one with the higher sequence number counts. */
export const HEADER_OFFSETS = [64 * 1024, 128 * 1024] as const
export const HEADER_BYTES = 4096
export const HEADER = struct('VHDX header', HEADER_BYTES, {
  signature: at(0, text(4)),
  checksum: at(4, u32le),
  sequence: at(8, u64le),
  logGuid: at(48, bytes(16)),
  logVersion: at(64, u16le),
  version: at(66, u16le),
  logBytes: at(68, u32le),
  logOffset: at(72, u64le),
})

/** 2.2.3: two copies of the region table. */
export const REGION_OFFSETS = [192 * 1024, 256 * 1024] as const
export const REGION_BYTES = 64 * 1024
export const REGION_HEADER = struct('VHDX region table', 16, {
  signature: at(0, text(4)),
  checksum: at(4, u32le),
  entries: at(8, u32le),
})
export const REGION_ENTRY = struct('VHDX region table entry', 32, {
  guid: at(0, bytes(16)),
  offset: at(16, u64le),
  lengthBytes: at(24, u32le),
  required: at(28, u32le),
})
export const CHECKSUM_OFFSET = 4

/** 2.6.1: the table of metadata, of at most 2047 entries. */
export const METADATA_BYTES = 64 * 1024
export const METADATA_HEADER = struct('VHDX metadata table', 32, {
  signature: at(0, text(8)),
  entries: at(10, u16le),
})
export const METADATA_ENTRY = struct('VHDX metadata table entry', 32, {
  guid: at(0, bytes(16)),
  offset: at(16, u32le),
  lengthBytes: at(20, u32le),
  flags: at(24, u32le),
})
export const METADATA_REQUIRED = 4

export const MOST_ENTRIES = 2047

export const REGION = {
  table: '2dc27766-f623-4200-9d64-115e9bfd4a08',
  metadata: '8b7ca206-4790-4b9a-b8fe-575f050f886e',
} as const

/** 2.6.2 */
export const ITEM = {
  fileParameters: 'caa16737-fa36-4d43-b3b6-33f0aa44e76b',
  diskSize: '2fa54224-cd1b-4876-b211-5dbed83bf4b8',
  diskId: 'beca12ab-b2e6-4523-93ef-c309e000c746',
  logicalSectorSize: '8141bf1d-a96f-4709-ba47-f233a8faab5f',
  physicalSectorSize: 'cda348c7-445d-4471-9cc9-e9885251c556',
  parentLocator: 'a8d35f2d-b30b-454d-abf7-d3d84834ab0c',
} as const

export const FIXED_FLAG = 1
export const HAS_PARENT_FLAG = 2

/** 2.5.1: states of a payload block, in the low 3 bits of its entry; the high 44 bits are its place in MiB. */
export const BLOCK_STATES: Readonly<Record<number, 'zeros' | 'present'>> = {
  /** PAYLOAD_BLOCK_NOT_PRESENT, _UNDEFINED, _ZERO, _UNMAPPED; QEMU calls 5 unmapped. */
  0: 'zeros',
  1: 'zeros',
  2: 'zeros',
  3: 'zeros',
  5: 'zeros',
  6: 'present',
}
export const PLACE_MASK = 0xffff_ffff_fff0_0000n

/** 2.3: entries of the log begin in sectors of 4 KiB. */
export const LOG_SECTOR_BYTES = 4096
export const LOG_ENTRY = struct('VHDX log entry', 64, { signature: at(0, text(4)), guid: at(32, bytes(16)) })
export const MAX_LOG_BYTES = 256 * 1024 * 1024

export const MIN_BLOCK_BYTES = 1024 * 1024
export const MAX_BLOCK_BYTES = 256 * 1024 * 1024
/** 2.5.1.2: payload blocks for each bitmap block are these many sectors. */
export const SECTORS_PER_CHUNK = 2 ** 23
/** 64 TiB */
export const MAX_DISK_BYTES = 2 ** 46
