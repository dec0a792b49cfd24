import type { ByteSource, Patch } from '../../bytes/index.ts'
import {
  addGptPartition,
  gptSectors,
  newGpt,
  readGptTable,
  stretchProtectiveMbr,
} from '../../formats/gpt/index.ts'
import { addPrimary, endOfPrimaries } from '../../formats/mbr/index.ts'
import { PART_BYTES } from './disk-layout.ts'
import type { DiskLayout } from './disk-layout.ts'
import { raise } from './errors.ts'
import { CONFIG_LABEL, LINUX_TYPE, drawGuid, endsOf, placeOfConfigDrive } from './target-disk.ts'
import type { TargetDisk } from './target-disk.ts'

/** Linux. */
const MBR_TYPE = 0x83
/** The fields of an MBR count sectors with 32 bits. */
const MOST_MBR_SECTORS = 2 ** 32 - 1

/** How an image divides its disk. */
export type ImageTable = 'gpt' | 'mbr' | 'none'

/**
 * The disk of an image on a disk of another size: its own table, whose backup moves to the end. Throws DEPLOY_DISK_TOO_SMALL,
 * DEPLOY_PARTITIONS_FULL.
 */
export async function layoutWholeDisk(
  image: ByteSource,
  table: ImageTable,
  disk: TargetDisk,
  signal?: AbortSignal,
): Promise<DiskLayout> {
  if (table === 'gpt') return withGpt(image, disk, signal)
  if (table === 'mbr') return withMbr(image, disk, signal)
  if (disk.configDrive !== undefined)
    throw raise('DEPLOY_PARTITIONS_FULL', { image: image.name, why: 'it has no partition table' })
  requireRoom(image, disk, image.size, image.size)
  return layoutOf(disk, { contentEnd: image.size, patches: [], freeFrom: image.size, freeTo: disk.diskBytes })
}

async function withGpt(image: ByteSource, disk: TargetDisk, signal?: AbortSignal): Promise<DiskLayout> {
  const { sectorSizeBytes, configDrive } = disk
  const own = await readGptTable(image, sectorSizeBytes, signal)
  const { backupEntries } = gptSectors(own, disk)
  const usableEnd = backupEntries * sectorSizeBytes
  const partitionsEnd = own.endSector * sectorSizeBytes
  const drive = configDrive && placeOfConfigDrive(configDrive, usableEnd)
  requireRoom(image, disk, partitionsEnd, partitionsEnd + disk.diskBytes - (drive?.offsetBytes ?? usableEnd))
  const table =
    drive === undefined
      ? own
      : addGptPartition(own, {
          typeGuid: LINUX_TYPE,
          partGuid: drawGuid(disk, CONFIG_LABEL),
          firstSector: drive.offsetBytes / sectorSizeBytes,
          lastSector: (drive.offsetBytes + drive.lengthBytes) / sectorSizeBytes - 1,
          name: CONFIG_LABEL,
        })
  if (table === undefined)
    throw raise('DEPLOY_PARTITIONS_FULL', { image: image.name, why: 'all entries of its GPT are in use' })
  const mbr = stretchProtectiveMbr(await image.read(0, 512, signal), disk)
  // What the image has in no partition comes along, but for its own backup of the table.
  const itsBackup =
    gptSectors(own, { diskBytes: image.size, sectorSizeBytes }).backupEntries * sectorSizeBytes
  const freeTo = drive?.offsetBytes ?? usableEnd
  const contentEnd = Math.min(Math.max(partitionsEnd, itsBackup), image.size, freeTo)
  const patches = [{ offsetBytes: 0, bytes: mbr }, ...newGpt(table, disk)]
  return layoutOf(disk, { contentEnd, patches, freeFrom: contentEnd, freeTo, ...(drive && { drive }) })
}

async function withMbr(image: ByteSource, disk: TargetDisk, signal?: AbortSignal): Promise<DiskLayout> {
  const { sectorSizeBytes, diskBytes, configDrive } = disk
  const sector = await image.read(0, 512, signal)
  const partitionsEnd = endOfPrimaries(sector) * sectorSizeBytes
  if (configDrive === undefined) {
    requireRoom(image, disk, partitionsEnd, partitionsEnd)
    const contentEnd = Math.min(image.size, diskBytes)
    return layoutOf(disk, { contentEnd, patches: [], freeFrom: contentEnd, freeTo: diskBytes })
  }
  const drive = placeOfConfigDrive(configDrive, Math.min(diskBytes, MOST_MBR_SECTORS * sectorSizeBytes))
  requireRoom(image, disk, partitionsEnd, partitionsEnd + diskBytes - drive.offsetBytes)
  const added = addPrimary(sector, {
    type: MBR_TYPE,
    firstSector: drive.offsetBytes / sectorSizeBytes,
    sectors: drive.lengthBytes / sectorSizeBytes,
  })
  if (added === undefined)
    throw raise('DEPLOY_PARTITIONS_FULL', {
      image: image.name,
      why: 'its MBR has four primary partitions already',
    })
  const contentEnd = Math.min(image.size, drive.offsetBytes)
  const patches = [{ offsetBytes: 0, bytes: added }]
  return layoutOf(disk, { contentEnd, patches, freeFrom: contentEnd, freeTo: drive.offsetBytes, drive })
}

type Made = Readonly<{
  contentEnd: number
  patches: readonly Patch[]
  freeFrom: number
  freeTo: number
  drive?: Readonly<{ offsetBytes: number; lengthBytes: number }>
}>

function layoutOf(
  { diskBytes, configDrive }: TargetDisk,
  { contentEnd, patches, freeFrom, freeTo, drive }: Made,
): DiskLayout {
  const isGiven = configDrive !== undefined && drive !== undefined
  return {
    diskBytes,
    image: { offsetBytes: 0, lengthBytes: contentEnd },
    additions: isGiven ? [{ offsetBytes: drive.offsetBytes, source: configDrive }] : [],
    patches,
    zeros: [
      ...endsOf(roundUp(freeFrom), freeTo),
      ...(isGiven
        ? [
            ...endsOf(roundUp(drive.offsetBytes + configDrive.size), drive.offsetBytes + drive.lengthBytes),
            ...endsOf(drive.offsetBytes + drive.lengthBytes, diskBytes),
          ]
        : []),
    ],
  }
}

function requireRoom(
  image: ByteSource,
  { diskBytes }: TargetDisk,
  contentBytes: number,
  neededBytes: number,
): void {
  if (neededBytes > diskBytes)
    throw raise('DEPLOY_DISK_TOO_SMALL', { image: image.name, diskBytes, contentBytes, neededBytes })
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / PART_BYTES) * PART_BYTES
}
