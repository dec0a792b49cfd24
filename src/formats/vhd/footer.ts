import { formatHex32 } from '../../core/index.ts'
import { toDiskSize } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { raise } from './errors.ts'
import {
  CHECKSUM_OFFSET,
  DISK_TYPES,
  FOOTER,
  FOOTER_COOKIE,
  FOOTER_LENGTHS,
  MAJOR_VERSION,
  MAX_GEOMETRY_SECTORS,
  SECTOR_BYTES,
  SIZED_BY_GEOMETRY,
} from './layout.ts'

export type Footer = Readonly<{
  type: 'fixed' | 'dynamic' | 'differencing'
  /** Of the disk. */
  sizeBytes: number
  /** Where the dynamic disk header is; of a fixed disk, nothing. */
  headerOffset: bigint
  creator: string
}>

export type FoundFooter = Readonly<{
  footer: Footer
  /** Of the file, in bytes from its start, where the footer at the end begins; undefined where only the copy is there. */
  endOffset?: number
}>

/**
 * The footer at the end of the file, else the copy of it that a dynamic disk has at the start. Throws VHD_HEADER_INVALID,
 * VHD_VERSION_UNSUPPORTED.
 */
export async function readFooter(source: ByteSource, signal?: AbortSignal): Promise<FoundFooter> {
  for (const length of FOOTER_LENGTHS) {
    const endOffset = source.size - length
    if (endOffset < 0) continue
    const block = await source.read(endOffset, length, signal)
    // A damaged one at the end is that of no fixed disk where a sound copy is at the start.
    if (hasCookie(block) && isSound(block)) return { footer: parse(source, block, endOffset), endOffset }
  }
  const start = await source.read(0, Math.min(SECTOR_BYTES, source.size), signal)
  if (hasCookie(start)) return { footer: parse(source, start, 0) }
  const endOffset = Math.max(0, source.size - SECTOR_BYTES)
  return { footer: parse(source, await source.read(endOffset, source.size - endOffset, signal), endOffset) }
}

/** "Checksum": one's complement of the sum of all bytes, without the field itself. */
export function checksumOf(block: Uint8Array, fieldOffset: number): number {
  let sum = 0
  for (let index = 0; index < block.length; index += 1) {
    if (index < fieldOffset || index >= fieldOffset + 4) sum += block[index] ?? 0
  }
  return ~sum >>> 0
}

function hasCookie(block: Uint8Array): boolean {
  return new TextDecoder('latin1').decode(block.subarray(0, 8)) === FOOTER_COOKIE
}

function isSound(block: Uint8Array): boolean {
  return checksumOf(block, CHECKSUM_OFFSET) === FOOTER.read(block).checksum
}

function parse(source: ByteSource, block: Uint8Array, base: number): Footer {
  const footer = FOOTER.read(block, base)
  const invalid = (field: string, offset: number, found: number | string, expected: string) =>
    raise('VHD_HEADER_INVALID', { source: source.name, field, offsetBytes: base + offset, found, expected })
  if (footer.cookie !== FOOTER_COOKIE) throw invalid('the cookie', 0, footer.cookie, FOOTER_COOKIE)
  const checksum = checksumOf(block, CHECKSUM_OFFSET)
  if (checksum !== footer.checksum) {
    throw invalid('the checksum', CHECKSUM_OFFSET, formatHex32(footer.checksum), formatHex32(checksum))
  }
  if (footer.version >>> 16 !== MAJOR_VERSION) {
    const version = `${footer.version >>> 16}.${footer.version & 0xffff}`
    throw raise('VHD_VERSION_UNSUPPORTED', { source: source.name, version })
  }
  const type = DISK_TYPES[footer.type]
  if (type === undefined) throw invalid('the disk type', 60, footer.type, '2 (fixed), 3 (dynamic) or 4')
  const { cylinders, heads, sectorsPerTrack, creatorApplication: creator } = footer
  const currentBytes = toDiskSize(footer.currentBytes, source)
  const geometrySectors = cylinders * heads * sectorsPerTrack
  const byGeometry =
    SIZED_BY_GEOMETRY.includes(creator) && geometrySectors > 0 && geometrySectors < MAX_GEOMETRY_SECTORS
  const sizeBytes = byGeometry
    ? geometrySectors * SECTOR_BYTES
    : Math.floor(currentBytes / SECTOR_BYTES) * SECTOR_BYTES
  return { type, sizeBytes, headerOffset: footer.dataOffset, creator }
}
