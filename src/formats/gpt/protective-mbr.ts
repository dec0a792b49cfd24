import { PROTECTIVE_TYPE, besideProtective, isInUse, readBootEntries } from '../partition-table/index.ts'
import type { GptDisk } from './new-gpt.ts'

const ENTRIES_AT = 446
const SIGNATURE = [0x55, 0xaa] as const

/** The first 512 bytes of a disk with a GPT: one partition that holds all of it (UEFI 2.10, 5.2.3). */
export function protectiveMbr(disk: GptDisk): Uint8Array {
  const sector = new Uint8Array(512)
  // Begins in sector 1; cylinders, heads and sectors as the table of the specification has them.
  sector.set([0, 0x00, 0x02, 0x00, PROTECTIVE_TYPE, 0xff, 0xff, 0xff, 1, 0, 0, 0], ENTRIES_AT)
  setSectors(sector, 0, disk)
  sector.set(SIGNATURE, 510)
  return sector
}

/**
 * The first 512 bytes of an image with a GPT for a disk of another size: its protective partition holds all of the disk. Boot
 * code stays. A hybrid MBR has the sizes that somebody gave it: it stays as it is.
 */
export function stretchProtectiveMbr(sector: Uint8Array, disk: GptDisk): Uint8Array {
  const entries = readBootEntries(sector)?.entries ?? []
  const index = entries.findIndex((entry) => isInUse(entry) && entry.type === PROTECTIVE_TYPE)
  const stretched = new Uint8Array(sector)
  if (besideProtective(entries).length === 0 && index !== -1) setSectors(stretched, index, disk)
  return stretched
}

/** Less than 2^32 sectors fit into the field. */
function setSectors(sector: Uint8Array, index: number, { diskBytes, sectorSizeBytes }: GptDisk): void {
  const view = new DataView(sector.buffer, sector.byteOffset)
  const sectors = Math.min(Math.floor(diskBytes / sectorSizeBytes) - 1, 0xff_ff_ff_ff)
  view.setUint32(ENTRIES_AT + 16 * index + 12, sectors, true)
}
