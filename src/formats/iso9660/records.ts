import type { ByteSource } from '../../bytes/index.ts'
import { raise } from './errors.ts'
import { MOST_DIRECTORY_BYTES, RECORD, RECORD_BYTES, SECTOR_BYTES } from './layout.ts'

/** A directory record, with what stands behind its numbers. */
export type DirectoryRecord = Readonly<{
  /** Where it lies, in bytes of the disc. */
  offsetBytes: number
  fields: ReturnType<typeof RECORD.read>
  rawName: Uint8Array
  /** What the system use sharing protocol is in. */
  area: Uint8Array
  areaOffset: number
}>

/** Throws ISO9660_DAMAGED for a record that is longer than its sector, or shorter than what it holds. */
export function parseRecord(
  source: ByteSource,
  block: Uint8Array,
  at: number,
  base: number,
): DirectoryRecord {
  const offsetBytes = base + at
  const lengthBytes = block[at] ?? 0
  const nameBytes = block[at + 32] ?? 0
  if (lengthBytes < RECORD_BYTES + nameBytes || at + lengthBytes > block.length) {
    const problem = `a directory record of ${lengthBytes} bytes has a name of ${nameBytes}`
    throw raise('ISO9660_DAMAGED', { source: source.name, offsetBytes, problem })
  }
  const record = block.subarray(at, at + lengthBytes)
  // A name of an even length is padded.
  const areaAt = RECORD_BYTES + nameBytes + (nameBytes % 2 === 0 ? 1 : 0)
  return {
    offsetBytes,
    fields: RECORD.read(record, offsetBytes),
    rawName: record.subarray(RECORD_BYTES, RECORD_BYTES + nameBytes),
    area: record.subarray(Math.min(areaAt, lengthBytes)),
    areaOffset: offsetBytes + areaAt,
  }
}

/** The records of a directory, with `.` and `..`. No record reaches over the end of a sector. */
export async function* recordsOf(
  source: ByteSource,
  extent: Readonly<{ offsetBytes: number; lengthBytes: number }>,
  signal?: AbortSignal,
): AsyncGenerator<DirectoryRecord, void, undefined> {
  const { offsetBytes, lengthBytes } = extent
  if (lengthBytes > MOST_DIRECTORY_BYTES) {
    const problem = `a directory has ${lengthBytes} bytes`
    throw raise('ISO9660_DAMAGED', { source: source.name, offsetBytes, problem })
  }
  const neededBytes = offsetBytes + lengthBytes
  if (neededBytes > source.size) {
    const what = 'a directory'
    throw raise('ISO9660_CUT_SHORT', { source: source.name, what, neededBytes, foundBytes: source.size })
  }
  for (let from = 0; from < lengthBytes; from += SECTOR_BYTES) {
    const base = offsetBytes + from
    const block = await source.read(base, Math.min(SECTOR_BYTES, lengthBytes - from), signal)
    for (let at = 0; at < block.length && block[at] !== 0; at += block[at] ?? 0) {
      yield parseRecord(source, block, at, base)
    }
  }
}
