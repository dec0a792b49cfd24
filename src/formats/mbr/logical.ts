import type { ByteSource } from '../../bytes/index.ts'
import { isInUse, readBootEntries } from '../partition-table/index.ts'
import type { BootEntry } from '../partition-table/index.ts'
import { raise } from './errors.ts'
import { isExtended } from './types.ts'

export type Placed = Readonly<{
  number: number
  entry: BootEntry
  /** Where the entry stands in the image. */
  entryOffsetBytes: number
  /** From the beginning of the disk. */
  startSector: number
  /** A logical one that reaches beyond the extended partition around it. */
  isOutside?: boolean
}>

/** Linux stops at 256 partitions, and after 100 links without one. */
const MOST_RECORDS = 256

/**
 * The logical partitions of one extended partition: a chain of boot records, each with one partition (counted from the
 * record) and one link (counted from the beginning of the extended partition).
 */
export async function readLogical(
  source: ByteSource,
  extended: BootEntry,
  options: Readonly<{ firstNumber: number; sectorSizeBytes: number; signal?: AbortSignal }>,
): Promise<readonly Placed[]> {
  const { sectorSizeBytes, signal } = options
  const endSector = extended.firstSector + extended.sectors
  const found: Placed[] = []
  const seen = new Set<number>()
  let number = options.firstNumber
  let recordSectors = extended.sectors
  for (let record: number | undefined = extended.firstSector; record !== undefined;) {
    const offset = record * sectorSizeBytes
    const broken = (expected: string, what: string): Error =>
      raise('MBR_CHAIN_BROKEN', { source: source.name, offsetBytes: offset, expected, found: what })
    if (seen.has(record)) throw broken('the end of the chain', 'a record that it has passed already')
    if (seen.size >= MOST_RECORDS) throw broken(`at most ${MOST_RECORDS} records`, 'one more')
    seen.add(record)
    if (offset + 512 > source.size) throw broken('a boot record', 'the end of the image')
    const sector = readBootEntries(await source.read(offset, 512, signal), offset)
    if (sector === undefined) throw broken('a boot record that ends in 55 aa', 'none')

    for (const [index, entry] of sector.entries.entries()) {
      if (!isInUse(entry) || isExtended(entry.type)) continue
      const startSector: number = record + entry.firstSector
      const entryOffsetBytes = offset + 446 + 16 * index
      const isOutside = startSector + entry.sectors > endSector
      // The third and fourth entry may be anything: Linux takes only those that fit into their record's part.
      if (index >= 2 && (isOutside || entry.firstSector + entry.sectors > recordSectors)) continue
      found.push({ number, entry, entryOffsetBytes, startSector, ...(isOutside && { isOutside }) })
      number += 1
    }

    const link = sector.entries.find((entry) => isInUse(entry) && isExtended(entry.type))
    if (link !== undefined && link.firstSector >= extended.sectors) {
      throw broken(
        'a link into the extended partition',
        `one to sector ${link.firstSector} of ${extended.sectors}`,
      )
    }
    record = link === undefined ? undefined : extended.firstSector + link.firstSector
    recordSectors = link?.sectors ?? 0
  }
  return found
}
