/**
 * On-disk structures of LVM2: lib/format_text/layout.h and lib/label/label.h of lvm2 2.03. All numbers are
 * little-endian, all checksums the bare register of CRC-32 that starts at 0xf597a6cf.
 */
import { at, bytes, crc32Raw, struct, u32le, u64le } from '../../bytes/index.ts'

export const SECTOR_BYTES = 512

/** In one of the first four sectors; its checksum covers the sector from `contentOffset` on. */
export const LABEL_HEADER = struct('label_header', 32, {
  id: at(0, bytes(8)),
  sector: at(8, u64le),
  crc: at(16, u32le),
  contentOffset: at(20, u32le),
  type: at(24, bytes(8)),
})
export const LABEL_CRC_START = 20

/** Two lists of areas follow, each ended by one of zeros: data, then metadata. */
export const PV_HEADER = struct('pv_header', 40, {
  uuid: at(0, bytes(32)),
  deviceBytes: at(32, u64le),
})

export const DISK_AREA = struct('disk_locn', 16, { offset: at(0, u64le), size: at(8, u64le) })

/** The first sector of a metadata area. The rest of it is a ring of texts. */
export const AREA_HEADER = struct('mda_header', 512, {
  crc: at(0, u32le),
  magic: at(4, bytes(16)),
  version: at(20, u32le),
  start: at(24, u64le),
  size: at(32, u64le),
})
export const AREA_CRC_START = 4

/** Where the committed text is, relative to its area: the first of the locations behind the area's header. */
export const TEXT_LOCATION = struct('raw_locn', 24, {
  offset: at(0, u64le),
  size: at(8, u64le),
  crc: at(16, u32le),
  flags: at(20, u32le),
})
export const TEXT_LOCATION_START = 40
/** The area is held in reserve: what it says may be long out of date. */
export const TEXT_IGNORED = 1

export function lvmCrc(block: Uint8Array): number {
  return crc32Raw(0xf5_97_a6_cf, block)
}

export function isText(raw: Uint8Array, expected: string): boolean {
  return raw.length === expected.length && raw.every((byte, index) => byte === expected.charCodeAt(index))
}

/** The 32 characters of a UUID as LVM prints them: 6-4-4-4-4-4-6. */
export function formatLvmId(raw: Uint8Array): string {
  const characters = String.fromCharCode(...raw)
  const ends = [6, 10, 14, 18, 22, 26, 32]
  return ends.map((end, index) => characters.slice(ends[index - 1] ?? 0, end)).join('-')
}
