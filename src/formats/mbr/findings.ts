import { warningsOf } from '../../bytes/index.ts'
import type { ReaderFindingTable } from '../../bytes/index.ts'

export const MBR_FINDINGS = {
  MBR_PARTITIONS_OVERLAP: {
    severity: 'warn',
    meaning: 'Two partitions share bytes: writing one of them changes the other.',
    remedy:
      'look at the table with `sfdisk -V`; boot loaders of hybrid ISO images make such tables on purpose',
  },
  MBR_SECTOR_SIZE_4096: {
    severity: 'info',
    meaning:
      'The chain of logical partitions makes sense in sectors of 4096 bytes only: the image was taken from such a disk.',
    remedy: 'it boots on disks with 4096-byte sectors only',
  },
} as const satisfies ReaderFindingTable

export const warning = warningsOf(MBR_FINDINGS)
