import { at, bytes, struct, text, u16be, u32be, u64be, u8 } from '../../bytes/index.ts'

/** The structures of Microsoft's "Virtual Hard Disk Image Format Specification" 1.0. All numbers are big-endian. */

export const SECTOR_BYTES = 512

/** "Hard Disk Footer Format": the last sector of the file. */
export const FOOTER = struct('VHD footer', 85, {
  cookie: at(0, text(8)),
  version: at(12, u32be),
  dataOffset: at(16, u64be),
  creatorApplication: at(28, text(4)),
  currentBytes: at(48, u64be),
  cylinders: at(56, u16be),
  heads: at(58, u8),
  sectorsPerTrack: at(59, u8),
  type: at(60, u32be),
  checksum: at(64, u32be),
})

export const FOOTER_COOKIE = 'conectix'
/** Before Virtual PC 2004 it was a byte shorter. */
export const FOOTER_LENGTHS = [512, 511] as const
export const CHECKSUM_OFFSET = 64

/** "Dynamic Disk Header Format" */
export const DYNAMIC_HEADER = struct('VHD dynamic disk header', 1024, {
  cookie: at(0, text(8)),
  tableOffset: at(16, u64be),
  version: at(24, u32be),
  tableEntries: at(28, u32be),
  blockBytes: at(32, u32be),
  checksum: at(36, u32be),
  parentName: at(64, bytes(512)),
})

export const DYNAMIC_COOKIE = 'cxsparse'
export const DYNAMIC_CHECKSUM_OFFSET = 36

/** The upper half of it tells versions that differ. */
export const MAJOR_VERSION = 1

export const DISK_TYPES: Readonly<Record<number, 'fixed' | 'dynamic' | 'differencing'>> = {
  2: 'fixed',
  3: 'dynamic',
  4: 'differencing',
}

/** An entry of the block allocation table without a block. */
export const UNUSED_ENTRY = 0xffff_ffff

export const MAX_BLOCK_BYTES = 256 * 1024 * 1024

/** Disks of these show the size of their geometry: Virtual PC, Virtual Server and QEMU (not `qem2`, with force_size). */
export const SIZED_BY_GEOMETRY: readonly string[] = ['vpc ', 'vs  ', 'qemu']
/** The largest geometry that there is says nothing about the size. */
export const MAX_GEOMETRY_SECTORS = 65_535 * 16 * 255
