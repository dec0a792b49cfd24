import { parseGuid } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { chooseCopy } from './choose-copy.ts'
import { GPT_ENTRY } from './layout.ts'

/** A GPT without its place on a disk: all that both of its copies have in common. */
export type GptTable = Readonly<{
  /** 16 bytes, as they are stored. */
  diskGuid: Uint8Array
  /** Where the entries of the primary begin. */
  entriesSector: number
  firstUsableSector: number
  entryBytes: number
  /** All of them, empty ones included. */
  entries: Uint8Array
  /** Behind the last partition. */
  endSector: number
}>

export type NewPartition = Readonly<{
  typeGuid: string
  partGuid: string
  firstSector: number
  /** The last one that belongs to it. */
  lastSector: number
  attributes?: bigint
  /** What is longer than 36 UTF-16 units is cut. */
  name: string
}>

/** What other tools make as well: 128 entries of 128 bytes (UEFI 2.10, 5.3.2: at least 16 KiB). */
const USUAL_ENTRIES = { entryBytes: 128, count: 128 } as const

/** The table of an image, by the copy that is to be gone by. Throws GPT_MISSING, GPT_DAMAGED. */
export async function readGptTable(
  source: ByteSource,
  sectorSizeBytes: number,
  signal?: AbortSignal,
): Promise<GptTable> {
  const { copy } = await chooseCopy(source, [sectorSizeBytes], signal)
  const { header, entries } = copy
  // The header of a backup says where the backup's entries are.
  const entriesSector = header.mySector === 1n ? Number(header.entriesSector) : 2
  return {
    diskGuid: header.diskGuid,
    entriesSector,
    firstUsableSector: Number(header.firstUsable),
    entryBytes: header.entryBytes,
    entries,
    endSector: endOfPartitions(entries, header.entryBytes),
  }
}

export function emptyGptTable(diskGuid: string, sectorSizeBytes: number): GptTable {
  const entries = new Uint8Array(USUAL_ENTRIES.entryBytes * USUAL_ENTRIES.count)
  return {
    diskGuid: parseGuid(diskGuid),
    entriesSector: 2,
    firstUsableSector: 2 + entries.length / sectorSizeBytes,
    entryBytes: USUAL_ENTRIES.entryBytes,
    entries,
    endSector: 0,
  }
}

/** With one more partition, behind the others that are in use; undefined where every entry is. */
export function addGptPartition(table: GptTable, partition: NewPartition): GptTable | undefined {
  const { entryBytes } = table
  const count = table.entries.length / entryBytes
  const free = Array.from({ length: count }, (_, index) => index).filter((index) =>
    isFree(table.entries, index, entryBytes),
  )
  const lastUsed = Array.from({ length: count }, (_, index) => index).findLast(
    (index) => !free.includes(index),
  )
  const slot = free.find((index) => index > (lastUsed ?? -1)) ?? free[0]
  if (slot === undefined) return undefined
  // A Buffer's slice would be no copy.
  const entries = new Uint8Array(table.entries)
  entries.set(entryOf(partition), slot * entryBytes)
  return { ...table, entries, endSector: Math.max(table.endSector, partition.lastSector + 1) }
}

function entryOf({
  typeGuid,
  partGuid,
  firstSector,
  lastSector,
  attributes = 0n,
  name,
}: NewPartition): Uint8Array {
  const entry = new Uint8Array(GPT_ENTRY.sizeBytes)
  const view = new DataView(entry.buffer)
  const { fields } = GPT_ENTRY
  entry.set(parseGuid(typeGuid), fields.typeGuid.offsetBytes)
  entry.set(parseGuid(partGuid), fields.partGuid.offsetBytes)
  view.setBigUint64(fields.firstSector.offsetBytes, BigInt(firstSector), true)
  view.setBigUint64(fields.lastSector.offsetBytes, BigInt(lastSector), true)
  view.setBigUint64(fields.attributes.offsetBytes, attributes, true)
  for (let index = 0; index < Math.min(name.length, 36); index += 1)
    view.setUint16(fields.name.offsetBytes + index * 2, name.charCodeAt(index), true)
  return entry
}

function endOfPartitions(entries: Uint8Array, entryBytes: number): number {
  let end = 0
  for (let index = 0; (index + 1) * entryBytes <= entries.length; index += 1) {
    if (isFree(entries, index, entryBytes)) continue
    const start = index * entryBytes
    const { lastSector } = GPT_ENTRY.read(entries.subarray(start, start + GPT_ENTRY.sizeBytes), start)
    end = Math.max(end, Number(lastSector) + 1)
  }
  return end
}

/** Unused entries have a type of zeros. */
function isFree(entries: Uint8Array, index: number, entryBytes: number): boolean {
  const start = index * entryBytes
  return entries.subarray(start, start + 16).every((byte) => byte === 0)
}
