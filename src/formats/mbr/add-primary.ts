import { isInUse, readBootEntries } from '../partition-table/index.ts'

/** Cylinder 1023, head 254, sector 63: what every tool writes where the numbers do not fit any more. */
const BEYOND_CHS = [0xfe, 0xff, 0xff] as const

/** The first sector of a disk with one more primary partition; undefined where all four are in use. */
export function addPrimary(
  sector: Uint8Array,
  partition: Readonly<{ type: number; firstSector: number; sectors: number }>,
): Uint8Array | undefined {
  const index = readBootEntries(sector)?.entries.findIndex((entry) => !isInUse(entry)) ?? -1
  if (index === -1) return undefined
  // A Buffer's slice would be no copy.
  const added = new Uint8Array(sector)
  const view = new DataView(added.buffer)
  const at = 446 + 16 * index
  added.set([0, ...BEYOND_CHS, partition.type, ...BEYOND_CHS], at)
  view.setUint32(at + 8, partition.firstSector, true)
  view.setUint32(at + 12, partition.sectors, true)
  return added
}

/** The first sector behind every primary partition, an extended one and what is in it included. */
export function endOfPrimaries(sector: Uint8Array): number {
  const used = (readBootEntries(sector)?.entries ?? []).filter(isInUse)
  return used.reduce((end, { firstSector, sectors }) => Math.max(end, firstSector + sectors), 0)
}
