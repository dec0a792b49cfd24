import type { Patch } from '../../bytes/index.ts'
import type { Digest } from '../../core/index.ts'
import { addGptPartition, emptyGptTable, newGpt, protectiveMbr } from '../../formats/gpt/index.ts'
import { drawGuid } from '../deploy-disk/index.ts'

const MiB = 1024 * 1024
const SECTOR_BYTES = 512
/** EFI system partition (UEFI 2.10, 5.3.3). */
const ESP_TYPE = 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b'
/** Room for a second kernel with its initramfs; FAT32 has to have so many clusters. */
const LEAST_ESP_BYTES = 512 * MiB

export type DiskParts = Readonly<{
  diskBytes: number
  sectorSizeBytes: number
  esp: Readonly<{ offsetBytes: number; sizeBytes: number; volumeId: string }>
  root: Readonly<{ offsetBytes: number; sizeBytes: number }>
  /** Both copies of the table. */
  patches: readonly Patch[]
}>

/** A disk with a GPT: the EFI system partition, and the root behind it up to the end, so that it can grow. */
export function layoutContainerDisk(
  rootBytes: number,
  bootBytes: number,
  rootType: string,
  { seed, digest }: Readonly<{ seed: string; digest: Digest }>,
): DiskParts {
  const draw = (what: string): string => drawGuid({ seed, digest }, what)
  const espBytes = Math.max(LEAST_ESP_BYTES, Math.ceil((2 * bootBytes + 64 * MiB) / MiB) * MiB)
  const esp = { offsetBytes: MiB, sizeBytes: espBytes, volumeId: draw('volume of the ESP').slice(0, 8) }
  const root = { offsetBytes: MiB + espBytes, sizeBytes: rootBytes }
  const diskBytes = root.offsetBytes + rootBytes + MiB
  const disk = { diskBytes, sectorSizeBytes: SECTOR_BYTES }
  let table = emptyGptTable(draw('disk'), SECTOR_BYTES)
  const parts = [
    { ...esp, typeGuid: ESP_TYPE, name: 'EFI system partition' },
    { ...root, typeGuid: rootType, name: 'root' },
  ]
  for (const { offsetBytes, sizeBytes, typeGuid, name } of parts) {
    const added = addGptPartition(table, {
      typeGuid,
      partGuid: draw(`partition ${name}`),
      firstSector: offsetBytes / SECTOR_BYTES,
      lastSector: (offsetBytes + sizeBytes) / SECTOR_BYTES - 1,
      name,
    })
    if (added === undefined) throw new TypeError('an empty table has room')
    table = added
  }
  const patches = [{ offsetBytes: 0, bytes: protectiveMbr(disk) }, ...newGpt(table, disk)]
  return { ...disk, esp, root, patches }
}
