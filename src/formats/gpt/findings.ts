import { warningsOf } from '../../bytes/index.ts'
import type { ReaderFindingTable } from '../../bytes/index.ts'

export const GPT_FINDINGS = {
  GPT_PRIMARY_DAMAGED: {
    severity: 'warn',
    meaning: 'The GPT at the start of the disk is damaged. Anneal used its backup at the end.',
    remedy:
      'repair a copy with `sgdisk -e` or gdisk (recovery menu); firmware may refuse to boot from the damaged one',
  },
  GPT_BACKUP_DAMAGED: {
    severity: 'warn',
    meaning: 'The backup of the GPT is damaged or missing. Anneal used the primary, which is valid.',
    remedy: 'compare the checksum of the image, which may be truncated; `sgdisk -e` writes a new backup',
  },
  GPT_COPIES_DISAGREE: {
    severity: 'warn',
    meaning: 'Both copies of the GPT are valid but differ. Anneal used the primary.',
    remedy: 'somebody changed only one of them: compare with `sgdisk -v`, and write both again',
  },
  GPT_BACKUP_NOT_AT_END: {
    severity: 'info',
    meaning: 'The backup of the GPT is not in the last sector: the image was enlarged later.',
    remedy: 'nothing to do; `sgdisk -e` moves it',
  },
  GPT_PROTECTIVE_MBR_MISSING: {
    severity: 'warn',
    meaning: 'The GPT has no protective MBR: tools that do not support GPT see an empty disk.',
    remedy: 'see `sgdisk -v`; UEFI firmware may ignore this GPT',
  },
  GPT_HYBRID_MBR: {
    severity: 'warn',
    meaning: 'The MBR before the GPT lists other partitions: programs disagree about what the disk holds.',
    remedy: 'find out which of the two the machine boots with; Anneal read only the GPT',
  },
  GPT_PARTITIONS_OVERLAP: {
    severity: 'warn',
    meaning: 'Two partitions share sectors: a write to one changes the other.',
    remedy: 'check the table with `sgdisk -v`',
  },
  GPT_PARTITION_OUTSIDE_USABLE: {
    severity: 'warn',
    meaning: 'A partition reaches beyond the usable sectors of the header, perhaps into the table itself.',
    remedy: 'check the table with `sgdisk -v`',
  },
} as const satisfies ReaderFindingTable

export const warning = warningsOf(GPT_FINDINGS)
