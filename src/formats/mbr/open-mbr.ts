/**
 * Master boot records: primary partitions, and logical ones in chains of extended boot records (UEFI 2.10, 5.2.1; the
 * chain is in no standard: this follows `parse_extended` of Linux' block/partitions/msdos.c, which numbers the
 * partitions that users know).
 *
 * The table does not say how long a sector is: 512 bytes unless the caller knows better or the chain only makes sense
 * with 4096. Extended partitions are containers and are not listed. Not read: disk labels inside of partitions (BSD,
 * Solaris, Minix), cylinders and heads, boot code.
 */
import { cached, windowOf } from '../../bytes/index.ts'
import type { ByteSource, ReaderWarning } from '../../bytes/index.ts'
import {
  PROTECTIVE_TYPE,
  besideProtective,
  isInUse,
  isProtective,
  overlapsOf,
  readBootEntries,
} from '../partition-table/index.ts'
import type { BootEntry, Partition, PartitionTable } from '../partition-table/index.ts'
import { raise } from './errors.ts'
import { warning } from './findings.ts'
import { readLogical } from './logical.ts'
import type { Placed } from './logical.ts'
import { isExtended, typeNameOf } from './types.ts'

export type MbrOptions = Readonly<{
  /** Of the disk that the image was taken from. */
  sectorSizeBytes?: 512 | 4096
  signal?: AbortSignal
}>

/** Whether the source begins with a boot sector whose entries make sense and are no protective MBR's. Reads 512 bytes. */
export async function probeMbr(source: ByteSource): Promise<boolean> {
  return (await classifyMbr(source)) === 'mbr'
}

/**
 * What byte 0 says: `protective` where a partition of type 0xee is alone, `hybrid` where others stand beside it. Reads
 * 512 bytes.
 */
export async function classifyMbr(source: ByteSource): Promise<'none' | 'mbr' | 'protective' | 'hybrid'> {
  if (source.size < 512) return 'none'
  const sector = readBootEntries(await source.read(0, 512))
  if (sector === undefined || reasonAgainst(sector.entries) !== undefined) return 'none'
  if (!isProtective(sector.entries)) return 'mbr'
  return besideProtective(sector.entries).length === 0 ? 'protective' : 'hybrid'
}

/**
 * The partitions of an MBR, by number. Throws MBR_MISSING, MBR_PROTECTIVE (also for a hybrid one),
 * MBR_PARTITION_OUT_OF_RANGE, MBR_CHAIN_BROKEN.
 */
export async function openMbr(source: ByteSource, options: MbrOptions = {}): Promise<PartitionTable> {
  if (source.size < 512)
    throw raise('MBR_MISSING', { source: source.name, reason: 'it is shorter than 512 bytes' })
  const sector = readBootEntries(await source.read(0, 512, options.signal))
  if (sector === undefined)
    throw raise('MBR_MISSING', { source: source.name, reason: 'it does not end in 55 aa' })
  const reason = reasonAgainst(sector.entries)
  if (reason !== undefined) throw raise('MBR_MISSING', { source: source.name, reason })
  const { entries, diskSignature } = sector
  const protective = entries.findIndex(({ type }) => type === PROTECTIVE_TYPE)
  if (protective !== -1) throw raise('MBR_PROTECTIVE', { source: source.name, number: protective + 1 })

  const warnings: ReaderWarning[] = []
  const sectorSizeBytes = options.sectorSizeBytes ?? (await sectorSizeOf(source, entries, options.signal))
  if (options.sectorSizeBytes === undefined && sectorSizeBytes === 4096) {
    warnings.push(
      warning('MBR_SECTOR_SIZE_4096', 'the first extended boot record lies where 4096-byte sectors put it'),
    )
  }
  const placed: Placed[] = entries.flatMap((entry, index) =>
    isInUse(entry) && !isExtended(entry.type)
      ? [{ number: index + 1, entry, entryOffsetBytes: 446 + 16 * index, startSector: entry.firstSector }]
      : [],
  )
  const metadata = cached(source, { blockBytes: 4096, blocks: 16 })
  for (const extended of entries.filter((entry) => isInUse(entry) && isExtended(entry.type))) {
    const firstNumber = Math.max(5, ...placed.map(({ number }) => number + 1))
    placed.push(...(await readLogical(metadata, extended, { firstNumber, sectorSizeBytes, ...options })))
  }

  const id = diskSignature.toString(16).padStart(8, '0')
  const partitions = placed.map((one) => partitionOf(source, one, sectorSizeBytes, id))
  for (const { number, isOutside } of placed) {
    if (isOutside !== true) continue
    const said = `partition ${number} of "${source.name}" reaches beyond the extended partition`
    warnings.push(warning('MBR_LOGICAL_OUTSIDE', said))
  }
  for (const { number, type } of partitions) {
    if (type !== '0x00') continue
    const said = `partition ${number} of "${source.name}" has type 0`
    warnings.push(warning('MBR_TYPE_ZERO', said))
  }
  for (const pair of overlapsOf(partitions)) {
    warnings.push(warning('MBR_PARTITIONS_OVERLAP', `partitions ${pair} of "${source.name}" overlap`))
  }
  return { scheme: 'mbr', id, sectorSizeBytes, partitions, warnings }
}

function partitionOf(source: ByteSource, one: Placed, sectorSizeBytes: number, id: string): Partition {
  const { number, entry } = one
  const offsetBytes = one.startSector * sectorSizeBytes
  const lengthBytes = entry.sectors * sectorSizeBytes
  if (offsetBytes + lengthBytes > source.size) {
    throw raise('MBR_PARTITION_OUT_OF_RANGE', {
      source: source.name,
      number,
      entryOffsetBytes: one.entryOffsetBytes,
      offsetBytes,
      endBytes: offsetBytes + lengthBytes,
      limit: 'the image',
      limitBytes: source.size,
    })
  }
  return {
    number,
    offsetBytes,
    lengthBytes,
    type: `0x${entry.type.toString(16).padStart(2, '0')}`,
    typeName: typeNameOf(entry.type),
    label: '',
    partUuid: `${id}-${number.toString(16).padStart(2, '0')}`,
    bootable: entry.status === 0x80,
    flags: [],
    source: windowOf(source, offsetBytes, lengthBytes, `partition ${number} of "${source.name}"`),
  }
}

/** Boot sectors of file systems end in 55 aa as well: there, code or text stands where the entries are. */
function reasonAgainst(entries: readonly BootEntry[]): string | undefined {
  const odd = entries.findIndex(({ status }) => status !== 0 && status !== 0x80)
  if (odd !== -1) return `byte ${446 + 16 * odd} is neither 00 nor 80`
  return entries.some(isInUse) || isProtective(entries) ? undefined : 'it has no partitions'
}

async function sectorSizeOf(
  source: ByteSource,
  entries: readonly BootEntry[],
  signal?: AbortSignal,
): Promise<512 | 4096> {
  const extended = entries.find((entry) => isInUse(entry) && isExtended(entry.type))
  if (extended === undefined) return 512
  const hasRecord = async (sectorSizeBytes: number): Promise<boolean> => {
    const offset = extended.firstSector * sectorSizeBytes
    if (offset + 512 > source.size) return false
    return readBootEntries(await source.read(offset, 512, signal)) !== undefined
  }
  return !(await hasRecord(512)) && (await hasRecord(4096)) ? 4096 : 512
}
