import { at, bytes, struct, u32le, u64le } from '../../bytes/index.ts'

/** UEFI 2.10, table 5.5. */
export const GPT_HEADER = struct('gpt_header', 92, {
  signature: at(0, bytes(8)),
  revision: at(8, u32le),
  headerBytes: at(12, u32le),
  headerCrc: at(16, u32le),
  mySector: at(24, u64le),
  alternateSector: at(32, u64le),
  firstUsable: at(40, u64le),
  lastUsable: at(48, u64le),
  diskGuid: at(56, bytes(16)),
  entriesSector: at(72, u64le),
  entryCount: at(80, u32le),
  entryBytes: at(84, u32le),
  entriesCrc: at(88, u32le),
})

/** UEFI 2.10, table 5.6. */
export const GPT_ENTRY = struct('gpt_entry', 128, {
  typeGuid: at(0, bytes(16)),
  partGuid: at(16, bytes(16)),
  firstSector: at(32, u64le),
  lastSector: at(40, u64le),
  attributes: at(48, u64le),
  name: at(56, bytes(72)),
})

/** `EFI PART` */
export const GPT_SIGNATURE = Uint8Array.of(0x45, 0x46, 0x49, 0x20, 0x50, 0x41, 0x52, 0x54)

/** Linux refuses larger arrays as well (block/partitions/efi.c): 128 entries of 128 bytes are usual. */
export const MOST_ENTRIES_BYTES = 4 * 1024 * 1024
