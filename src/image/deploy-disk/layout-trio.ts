import type { ByteSource } from '../../bytes/index.ts'
import { addGptPartition, emptyGptTable, gptSectors, newGpt, protectiveMbr } from '../../formats/gpt/index.ts'
import type { DiskLayout } from './disk-layout.ts'
import { raise } from './errors.ts'
import { ALIGN_BYTES, CONFIG_LABEL, LINUX_TYPE, drawGuid, endsOf, placeOfConfigDrive } from './target-disk.ts'
import type { TargetDisk } from './target-disk.ts'

/** What the root's partition is called and what type it has. */
export type RootPartition = Readonly<{ typeGuid: string; label: string }>

/**
 * A disk with a GPT and the base in a partition that reaches from 1 MiB to the end, or to the config drive. Nothing of it boots by
 * itself. Throws DEPLOY_DISK_TOO_SMALL.
 */
export function layoutTrio(base: ByteSource, root: RootPartition, disk: TargetDisk): DiskLayout {
  const { diskBytes, sectorSizeBytes, configDrive } = disk
  let table = emptyGptTable(drawGuid(disk, 'disk'), sectorSizeBytes)
  const { lastUsable } = gptSectors(table, disk)
  const usableEnd = (lastUsable + 1) * sectorSizeBytes
  const drive = configDrive && placeOfConfigDrive(configDrive, usableEnd)
  const rootEnd = drive?.offsetBytes ?? Math.floor(usableEnd / ALIGN_BYTES) * ALIGN_BYTES
  // A disk that is just large enough need not end at a whole mebibyte.
  const end = drive === undefined && rootEnd < ALIGN_BYTES + base.size ? usableEnd : rootEnd
  if (end < ALIGN_BYTES + base.size) {
    const unit = drive === undefined ? sectorSizeBytes : ALIGN_BYTES
    throw raise('DEPLOY_DISK_TOO_SMALL', {
      image: base.name,
      diskBytes,
      contentBytes: base.size,
      neededBytes: ALIGN_BYTES + roundUp(base.size, unit) + (drive?.lengthBytes ?? 0) + diskBytes - usableEnd,
    })
  }
  const add = (what: string, from: number, to: number, typeGuid: string, name: string): void => {
    const added = addGptPartition(table, {
      typeGuid,
      partGuid: drawGuid(disk, what),
      firstSector: from / sectorSizeBytes,
      lastSector: to / sectorSizeBytes - 1,
      name,
    })
    if (added === undefined) throw new TypeError('an empty table has room')
    table = added
  }
  add('root', ALIGN_BYTES, end, root.typeGuid, root.label)
  if (drive)
    add(CONFIG_LABEL, drive.offsetBytes, drive.offsetBytes + drive.lengthBytes, LINUX_TYPE, CONFIG_LABEL)
  return {
    diskBytes,
    image: { offsetBytes: ALIGN_BYTES, lengthBytes: base.size },
    additions: configDrive && drive ? [{ offsetBytes: drive.offsetBytes, source: configDrive }] : [],
    patches: [{ offsetBytes: 0, bytes: protectiveMbr(disk) }, ...newGpt(table, disk)],
    zeros: [
      { offsetBytes: 0, lengthBytes: ALIGN_BYTES },
      ...endsOf(roundUp(ALIGN_BYTES + base.size, 4096), end),
      ...(configDrive && drive
        ? endsOf(roundUp(drive.offsetBytes + configDrive.size, 4096), drive.offsetBytes + drive.lengthBytes)
        : []),
      ...endsOf(drive === undefined ? end : drive.offsetBytes + drive.lengthBytes, diskBytes),
    ],
  }
}

function roundUp(bytes: number, unit: number): number {
  return Math.ceil(bytes / unit) * unit
}
