import { warningsOf } from '../../bytes/index.ts'
import type { ReaderFindingTable } from '../../bytes/index.ts'

export const MBR_FINDINGS = {
  MBR_PARTITIONS_OVERLAP: {
    severity: 'warn',
    meaning: 'Two partitions share bytes: a write to one changes the other.',
    remedy: 'check the table with `sfdisk -V`; hybrid ISO images have such tables on purpose',
  },
  MBR_TYPE_ZERO: {
    severity: 'warn',
    meaning:
      'A partition has type 0. Linux takes it, but GRUB, parted, U-Boot and UEFI firmware take its entry for unused, and installers take its space for free.',
    remedy: 'set its type (`sfdisk --part-type DISK NUMBER 83`; `partition-type` for genimage)',
  },
  MBR_LOGICAL_OUTSIDE: {
    severity: 'warn',
    meaning:
      'A logical partition reaches beyond the extended partition around it. Linux takes it as it is; tools that change partitions refuse the table.',
    remedy: 'check the table with `sfdisk -V`',
  },
  MBR_SECTOR_SIZE_4096: {
    severity: 'info',
    meaning:
      'The logical partitions are valid only with 4096-byte sectors: the image comes from such a disk.',
    remedy: 'use it on disks with 4096-byte sectors: it boots only there',
  },
} as const satisfies ReaderFindingTable

export const warning = warningsOf(MBR_FINDINGS)
