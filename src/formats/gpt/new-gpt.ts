import { crc32 } from '../../bytes/index.ts'
import type { Patch } from '../../bytes/index.ts'
import type { GptTable } from './gpt-table.ts'
import { GPT_HEADER, GPT_SIGNATURE } from './layout.ts'
import { headerCrc } from './read-copy.ts'

/** The disk that a table is for. */
export type GptDisk = Readonly<{ diskBytes: number; sectorSizeBytes: number }>

/** Which sectors a table of this kind leaves for partitions on a disk. */
export function gptSectors(
  { entries, firstUsableSector }: Pick<GptTable, 'entries' | 'firstUsableSector'>,
  { diskBytes, sectorSizeBytes }: GptDisk,
): Readonly<{ firstUsable: number; lastUsable: number; backupEntries: number; last: number }> {
  const last = Math.floor(diskBytes / sectorSizeBytes) - 1
  const backupEntries = last - Math.ceil(entries.length / sectorSizeBytes)
  return { firstUsable: firstUsableSector, lastUsable: backupEntries - 1, backupEntries, last }
}

/**
 * Both copies of a table as bytes of a disk, each with its checksums: the primary in sector 1, the backup in the last
 * sector with its entries before it (UEFI 2.10, 5.3).
 */
export function newGpt(table: GptTable, disk: GptDisk): readonly Patch[] {
  const { sectorSizeBytes } = disk
  const { backupEntries, last } = gptSectors(table, disk)
  const primary = headerOf(table, disk, {
    mySector: 1,
    alternateSector: last,
    entriesSector: table.entriesSector,
  })
  const backup = headerOf(table, disk, { mySector: last, alternateSector: 1, entriesSector: backupEntries })
  const entries = new Uint8Array(Math.ceil(table.entries.length / sectorSizeBytes) * sectorSizeBytes)
  entries.set(table.entries)
  return [
    { offsetBytes: sectorSizeBytes, bytes: primary },
    { offsetBytes: table.entriesSector * sectorSizeBytes, bytes: entries },
    { offsetBytes: backupEntries * sectorSizeBytes, bytes: entries },
    { offsetBytes: last * sectorSizeBytes, bytes: backup },
  ]
}

function headerOf(
  table: GptTable,
  disk: GptDisk,
  place: Readonly<{ mySector: number; alternateSector: number; entriesSector: number }>,
): Uint8Array {
  const { firstUsable, lastUsable } = gptSectors(table, disk)
  const sector = new Uint8Array(disk.sectorSizeBytes)
  const view = new DataView(sector.buffer)
  const { fields } = GPT_HEADER
  sector.set(GPT_SIGNATURE)
  view.setUint32(fields.revision.offsetBytes, 0x1_0000, true)
  view.setUint32(fields.headerBytes.offsetBytes, GPT_HEADER.sizeBytes, true)
  view.setBigUint64(fields.mySector.offsetBytes, BigInt(place.mySector), true)
  view.setBigUint64(fields.alternateSector.offsetBytes, BigInt(place.alternateSector), true)
  view.setBigUint64(fields.firstUsable.offsetBytes, BigInt(firstUsable), true)
  view.setBigUint64(fields.lastUsable.offsetBytes, BigInt(lastUsable), true)
  sector.set(table.diskGuid, fields.diskGuid.offsetBytes)
  view.setBigUint64(fields.entriesSector.offsetBytes, BigInt(place.entriesSector), true)
  view.setUint32(fields.entryCount.offsetBytes, table.entries.length / table.entryBytes, true)
  view.setUint32(fields.entryBytes.offsetBytes, table.entryBytes, true)
  view.setUint32(fields.entriesCrc.offsetBytes, crc32(table.entries), true)
  view.setUint32(fields.headerCrc.offsetBytes, headerCrc(sector.subarray(0, GPT_HEADER.sizeBytes)), true)
  return sector
}
