import { Cursor, at, bytes, struct, u16le, u32le, u8 } from '../../bytes/index.ts'

/** The first sector of a disk with an MBR, and of each extended boot record: UEFI 2.10, 5.2.1. */
export const BOOT_SECTOR = struct('mbr', 512, {
  diskSignature: at(440, u32le),
  entries: at(446, bytes(64)),
  signature: at(510, u16le),
})

const BOOT_SECTOR_SIGNATURE = 0xaa_55

/** UEFI 2.10, table 5.2. Cylinders, heads and sectors are not read: nothing has counted in them for decades. */
export const BOOT_ENTRY = struct('mbr_partition', 16, {
  status: at(0, u8),
  type: at(4, u8),
  firstSector: at(8, u32le),
  sectors: at(12, u32le),
})

export type BootEntry = ReturnType<typeof BOOT_ENTRY.read>

/** Type of the one partition of a protective MBR: UEFI 2.10, 5.2.3. */
export const PROTECTIVE_TYPE = 0xee

/** The four entries of a boot sector, empty ones included; undefined where it does not end in 0x55 0xaa. */
export function readBootEntries(
  sector: Uint8Array,
  base = 0,
): Readonly<{ diskSignature: number; entries: readonly BootEntry[] }> | undefined {
  if (sector.length < BOOT_SECTOR.sizeBytes) return undefined
  const { diskSignature, entries, signature } = BOOT_SECTOR.read(sector, base)
  if (signature !== BOOT_SECTOR_SIGNATURE) return undefined
  const cursor = new Cursor(entries, BOOT_ENTRY.name, base + 446)
  return {
    diskSignature,
    entries: [0, 16, 32, 48].map((start) => BOOT_ENTRY.read(cursor.slice(start, 16), base + 446 + start)),
  }
}

/**
 * An entry that stands for something. Linux goes by the length alone (`msdos_partition` in block/partitions/msdos.c), also for
 * type 0, which fdisk calls empty, and which GRUB, parted and UEFI pass over.
 */
export function isInUse(entry: BootEntry): boolean {
  return entry.sectors !== 0
}

/** Whether a GPT describes the disk: Linux takes no partition of an MBR with such an entry, whatever its length. */
export function isProtective(entries: readonly BootEntry[]): boolean {
  return entries.some(({ type }) => type === PROTECTIVE_TYPE)
}

/** Partitions beside the one of type 0xee; those of type 0 do not make an MBR hybrid (`is_pmbr_valid` of block/partitions/efi.c). */
export function besideProtective(entries: readonly BootEntry[]): readonly BootEntry[] {
  return entries.filter((entry) => isInUse(entry) && entry.type !== 0 && entry.type !== PROTECTIVE_TYPE)
}
