/** Type bytes by their usual names (those of util-linux); what is not here shows as ''. */
const NAMES: Readonly<Record<number, string>> = {
  0x00: 'Empty',
  0x01: 'FAT12',
  0x04: 'FAT16 <32M',
  0x05: 'Extended',
  0x06: 'FAT16',
  0x07: 'HPFS/NTFS/exFAT',
  0x0b: 'W95 FAT32',
  0x0c: 'W95 FAT32 (LBA)',
  0x0e: 'W95 FAT16 (LBA)',
  0x0f: "W95 Ext'd (LBA)",
  0x12: 'Compaq diagnostics',
  0x27: 'Hidden NTFS WinRE',
  0x41: 'PPC PReP Boot',
  0x82: 'Linux swap / Solaris',
  0x83: 'Linux',
  0x85: 'Linux extended',
  0x8e: 'Linux LVM',
  0xa5: 'FreeBSD',
  0xa6: 'OpenBSD',
  0xa9: 'NetBSD',
  0xaf: 'HFS / HFS+',
  0xbf: 'Solaris',
  0xda: 'Non-FS data',
  0xea: 'Linux extended boot',
  0xee: 'GPT',
  0xef: 'EFI (FAT-12/16/32)',
  0xfb: 'VMware VMFS',
  0xfd: 'Linux raid autodetect',
}

/** `0x8e` → `Linux LVM` */
export function typeNameOf(type: number): string {
  return NAMES[type] ?? ''
}

/** The three types that hold a chain of logical partitions. */
export function isExtended(type: number): boolean {
  return type === 0x05 || type === 0x0f || type === 0x85
}
