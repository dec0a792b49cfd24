import { at, bytes, struct, u16le, u32le, u8 } from '../../bytes/index.ts'

/** Microsoft, “FAT32 File System Specification” 1.03: boot sector and BIOS parameter block, the part that all share. */
export const BOOT_SECTOR = struct('fat_boot_sector', 36, {
  jump: at(0, u8),
  sectorBytes: at(11, u16le),
  clusterSectors: at(13, u8),
  reservedSectors: at(14, u16le),
  tables: at(16, u8),
  rootEntries: at(17, u16le),
  sectors16: at(19, u16le),
  media: at(21, u8),
  tableSectors16: at(22, u16le),
  sectors32: at(32, u32le),
})

/** What follows in FAT12 and FAT16. `state` is Linux’ own: bit 0 while it is mounted, bit 1 after an error. */
export const BOOT_SECTOR_16 = struct('fat16_boot_sector', 62, {
  state: at(37, u8),
  signature: at(38, u8),
  serial: at(39, u32le),
  label: at(43, bytes(11)),
})

export const BOOT_SECTOR_32 = struct('fat32_boot_sector', 90, {
  tableSectors: at(36, u32le),
  flags: at(40, u16le),
  version: at(42, u16le),
  rootCluster: at(44, u32le),
  infoSector: at(48, u16le),
  state: at(65, u8),
  signature: at(66, u8),
  serial: at(67, u32le),
  label: at(71, bytes(11)),
})

export const INFO_SECTOR = struct('fat_fsinfo', 512, {
  leadSignature: at(0, u32le),
  signature: at(484, u32le),
  freeClusters: at(488, u32le),
  trailSignature: at(508, u32le),
})

export const ENTRY_BYTES = 32

export const DIRECTORY_ENTRY = struct('fat_directory_entry', ENTRY_BYTES, {
  name: at(0, bytes(11)),
  attributes: at(11, u8),
  /** Windows NT: bit 3 shows the name, bit 4 the extension in lower case. */
  lowerCase: at(12, u8),
  clusterHigh: at(20, u16le),
  time: at(22, u16le),
  date: at(24, u16le),
  clusterLow: at(26, u16le),
  size: at(28, u32le),
})

export type ShortEntry = ReturnType<typeof DIRECTORY_ENTRY.read>

export const ATTRIBUTE = { readOnly: 0x01, volume: 0x08, directory: 0x10, longName: 0x0f } as const
