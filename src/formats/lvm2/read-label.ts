import { Cursor } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { raise } from './errors.ts'
import {
  DISK_AREA,
  LABEL_CRC_START,
  LABEL_HEADER,
  PV_HEADER,
  SECTOR_BYTES,
  formatLvmId,
  isText,
  lvmCrc,
} from './layout.ts'

export type Area = Readonly<{ offset: bigint; size: bigint }>

export type Label = Readonly<{ uuid: string; metadataAreas: readonly Area[] }>

const LABEL_SECTORS = 4

/** Whether one of the first four sectors is an LVM2 label. Reads 2 KiB at most. */
export async function probeLvm2(source: ByteSource): Promise<boolean> {
  const head = await source.read(0, Math.min(source.size, LABEL_SECTORS * SECTOR_BYTES))
  return labelSectors(head).length > 0
}

/** The first sound label. Throws LVM_LABEL_MISSING, LVM_LABEL_DAMAGED. */
export async function readLabel(source: ByteSource, signal?: AbortSignal): Promise<Label> {
  const head = await source.read(0, Math.min(source.size, LABEL_SECTORS * SECTOR_BYTES), signal)
  let reason: string | undefined
  let damagedAt = 0
  for (const sector of labelSectors(head)) {
    const start = sector * SECTOR_BYTES
    const label = labelOf(
      new Cursor(head.subarray(start, start + SECTOR_BYTES), 'label_header', start),
      sector,
    )
    if (typeof label !== 'string') return label
    if (reason === undefined) [reason, damagedAt] = [label, start]
  }
  if (reason === undefined) throw raise('LVM_LABEL_MISSING', { source: source.name })
  throw raise('LVM_LABEL_DAMAGED', { source: source.name, offsetBytes: damagedAt, reason })
}

function labelSectors(head: Uint8Array): readonly number[] {
  return [0, 1, 2, 3].filter((sector) => {
    const start = sector * SECTOR_BYTES
    return (
      isText(head.subarray(start, start + 8), 'LABELONE') &&
      isText(head.subarray(start + 24, start + 32), 'LVM2 001') &&
      start + SECTOR_BYTES <= head.length
    )
  })
}

/** A text is what is wrong with it. */
function labelOf(block: Cursor, sector: number): Label | string {
  const header = LABEL_HEADER.read(block.bytes, block.base)
  if (header.sector !== BigInt(sector)) return `it says that it belongs into sector ${header.sector}`
  if (lvmCrc(block.bytes.subarray(LABEL_CRC_START)) !== header.crc) return 'its checksum is wrong'
  const start = header.contentOffset
  if (start < LABEL_HEADER.sizeBytes || start + PV_HEADER.sizeBytes > SECTOR_BYTES) {
    return `its content begins at byte ${start} of the sector`
  }
  const { uuid } = PV_HEADER.read(block.bytes.subarray(start), block.base + start)
  const data = areasFrom(block, start + PV_HEADER.sizeBytes)
  const metadata = data === undefined ? undefined : areasFrom(block, data.end)
  if (metadata === undefined) return 'its list of areas has no end'
  return { uuid: formatLvmId(uuid), metadataAreas: metadata.areas }
}

/** A list that a location of offset zero ends; undefined where the sector ends first. */
function areasFrom(
  block: Cursor,
  start: number,
): Readonly<{ areas: readonly Area[]; end: number }> | undefined {
  const areas: Area[] = []
  for (let at = start; at + DISK_AREA.sizeBytes <= block.length; at += DISK_AREA.sizeBytes) {
    const area = DISK_AREA.read(block.bytes.subarray(at), block.base + at)
    if (area.offset === 0n) return { areas, end: at + DISK_AREA.sizeBytes }
    areas.push(area)
  }
  return undefined
}
