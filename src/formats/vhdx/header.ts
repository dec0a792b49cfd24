import { crc32c, formatGuid, toSafe } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { raise } from './errors.ts'
import {
  CHECKSUM_OFFSET,
  FILE_SIGNATURE,
  HEADER,
  HEADER_BYTES,
  HEADER_OFFSETS,
  LOG_ENTRY,
  LOG_SECTOR_BYTES,
  MAX_LOG_BYTES,
  MOST_ENTRIES,
  REGION,
  REGION_BYTES,
  REGION_ENTRY,
  REGION_HEADER,
  REGION_OFFSETS,
} from './layout.ts'

export type Region = Readonly<{ offsetBytes: number; lengthBytes: number }>

/** Checks signature, headers and log. Throws VHDX_HEADER_INVALID, VHDX_VERSION_UNSUPPORTED, VHDX_LOG_DIRTY. */
export async function checkHeaders(source: ByteSource, signal?: AbortSignal): Promise<void> {
  const start = await source.read(0, Math.min(8, source.size), signal)
  const signature = new TextDecoder('latin1').decode(start)
  if (signature !== FILE_SIGNATURE) throw invalid(source, 'the signature', 0, signature, FILE_SIGNATURE)
  let newest: ReturnType<typeof HEADER.read> | undefined
  for (const offset of HEADER_OFFSETS) {
    if (offset + HEADER_BYTES > source.size) continue
    const block = await source.read(offset, HEADER_BYTES, signal)
    const header = HEADER.read(block, offset)
    if (header.signature !== 'head' || !isSound(block, header.checksum)) continue
    if (newest === undefined || header.sequence > newest.sequence) newest = header
  }
  const [offset] = HEADER_OFFSETS
  if (newest === undefined) {
    throw invalid(source, 'the checksum of both headers', offset, 'another', 'one that fits')
  }
  if (newest.version !== 1) {
    throw raise('VHDX_VERSION_UNSUPPORTED', { source: source.name, version: newest.version })
  }
  const { logGuid, logBytes } = newest
  if (logGuid.every((byte) => byte === 0) || logBytes === 0) return
  const logOffset = toSafe(newest.logOffset, 'the log offset of the VHDX')
  if (newest.logVersion !== 0 || logBytes > MAX_LOG_BYTES || logOffset + logBytes > source.size) {
    throw invalid(
      source,
      'the place of the log',
      offset + 68,
      `${logBytes} at ${logOffset}`,
      'inside the file',
    )
  }
  if (await hasLogEntries(source, logOffset, logBytes, formatGuid(logGuid), signal)) {
    throw raise('VHDX_LOG_DIRTY', { source: source.name })
  }
}

/** 2.3.2: only entries with the GUID of the header are to be replayed. */
async function hasLogEntries(
  source: ByteSource,
  logOffset: number,
  logBytes: number,
  guid: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const step = 1024 * 1024
  for (let at = 0; at < logBytes; at += step) {
    const block = await source.read(logOffset + at, Math.min(step, logBytes - at), signal)
    for (let within = 0; within + LOG_SECTOR_BYTES <= block.length; within += LOG_SECTOR_BYTES) {
      const entry = LOG_ENTRY.read(block.subarray(within, within + LOG_SECTOR_BYTES), logOffset + at + within)
      if (entry.signature === 'loge' && formatGuid(entry.guid) === guid) return true
    }
  }
  return false
}

/** Where table and metadata are, by the first sound region table. Throws VHDX_HEADER_INVALID, VHDX_FEATURE_UNKNOWN. */
export async function readRegions(
  source: ByteSource,
  signal?: AbortSignal,
): Promise<Readonly<{ table: Region; metadata: Region }>> {
  const [firstOffset] = REGION_OFFSETS
  for (const base of REGION_OFFSETS) {
    if (base + REGION_BYTES > source.size) continue
    const block = await source.read(base, REGION_BYTES, signal)
    const { signature, checksum, entries } = REGION_HEADER.read(block, base)
    if (signature !== 'regi' || entries > MOST_ENTRIES || !isSound(block, checksum)) continue
    const found = new Map<string, Region>()
    for (let index = 0; index < entries; index += 1) {
      const at = REGION_HEADER.sizeBytes + index * REGION_ENTRY.sizeBytes
      const entry = REGION_ENTRY.read(block.subarray(at, at + REGION_ENTRY.sizeBytes), base + at)
      const guid = formatGuid(entry.guid)
      const isKnown = guid === REGION.table || guid === REGION.metadata
      if (!isKnown && (entry.required & 1) !== 0) {
        throw raise('VHDX_FEATURE_UNKNOWN', { source: source.name, kind: 'region', guid })
      }
      const offsetBytes = toSafe(entry.offset, 'the offset of a VHDX region')
      const { lengthBytes } = entry
      if (isKnown && offsetBytes + lengthBytes > source.size) {
        throw invalid(
          source,
          'the end of a region',
          base + at,
          offsetBytes + lengthBytes,
          `at most ${source.size}`,
        )
      }
      found.set(guid, { offsetBytes, lengthBytes })
    }
    const [table, metadata] = [found.get(REGION.table), found.get(REGION.metadata)]
    if (table !== undefined && metadata !== undefined) return { table, metadata }
    throw invalid(source, 'the region table', base, `${found.size} regions`, 'table and metadata')
  }
  throw invalid(source, 'the checksum of both region tables', firstOffset, 'another', 'one that fits')
}

export function invalid(
  source: ByteSource,
  field: string,
  offsetBytes: number,
  found: number | string,
  expected: string,
): Error {
  return raise('VHDX_HEADER_INVALID', { source: source.name, field, offsetBytes, found, expected })
}

/** CRC-32C of the whole, with the field of the checksum as zeros. */
function isSound(block: Uint8Array, checksum: number): boolean {
  const copy = new Uint8Array(block)
  copy.fill(0, CHECKSUM_OFFSET, CHECKSUM_OFFSET + 4)
  return crc32c(copy) === checksum
}
