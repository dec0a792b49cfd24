import { at, bytes, struct, text, u16be, u16le, u32be, u32le, u8 } from '../../bytes/index.ts'

/** The structures of ECMA-119 (ISO 9660). Numbers that stand there twice are little-endian first, then big-endian. */

/** 6.1.2: of all media; a logical block may be smaller. */
export const SECTOR_BYTES = 2048
/** 8: volume descriptors, one a sector, from the sixteenth on. */
export const FIRST_DESCRIPTOR = 16
/** Far more than any disc has. */
export const MOST_DESCRIPTORS = 64

export const DESCRIPTOR_TYPE = { boot: 0, primary: 1, supplementary: 2, end: 255 } as const
export const STANDARD_ID = 'CD001'

/** 8.4, 8.5 */
export const VOLUME = struct('ISO 9660 volume descriptor', SECTOR_BYTES, {
  type: at(0, u8),
  id: at(1, bytes(5)),
  version: at(6, u8),
  volumeId: at(40, bytes(32)),
  blocks: at(80, u32le),
  blocksBe: at(84, u32be),
  escapes: at(88, bytes(32)),
  blockBytes: at(128, u16le),
  blockBytesBe: at(130, u16be),
  created: at(813, bytes(17)),
  modified: at(830, bytes(17)),
})
export const ROOT_RECORD_OFFSET = 156

/** 9.1 */
export const RECORD_BYTES = 33
export const RECORD = struct('ISO 9660 directory record', RECORD_BYTES, {
  lengthBytes: at(0, u8),
  attributeBlocks: at(1, u8),
  extent: at(2, u32le),
  extentBe: at(6, u32be),
  sizeBytes: at(10, u32le),
  sizeBytesBe: at(14, u32be),
  time: at(18, bytes(7)),
  flags: at(25, u8),
  unitBlocks: at(26, u8),
  gapBlocks: at(27, u8),
  nameBytes: at(32, u8),
})

/** 9.1.6 */
export const FLAG = { directory: 0x02, associated: 0x04, more: 0x80 } as const

/** Joliet Specification, "SVD Escape Sequences": UCS-2 of level 1, 2 and 3. */
export const JOLIET_ESCAPES: readonly string[] = ['%/@', '%/C', '%/E']

/** El Torito, 2.0: the boot record volume descriptor. */
export const EL_TORITO_ID = 'EL TORITO SPECIFICATION'
export const BOOT_RECORD = struct('El Torito boot record', 75, {
  system: at(7, text(32)),
  catalog: at(71, u32le),
})
export const CATALOG_ENTRY_BYTES = 32
export const BOOT_ENTRY = struct('El Torito entry', CATALOG_ENTRY_BYTES, {
  indicator: at(0, u8),
  media: at(1, u8),
  sectors: at(6, u16le),
  block: at(8, u32le),
})

export const MOST_DIRECTORY_BYTES = 32 * 1024 * 1024
/** Of a file larger than 4 GiB: 1 TiB in all. */
export const MOST_SECTIONS = 256
/** As many continuation areas as Linux follows for one record. */
export const MOST_CONTINUATIONS = 32
