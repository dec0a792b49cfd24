import { warningsOf } from '../../bytes/index.ts'
import type { ReaderFindingTable } from '../../bytes/index.ts'

export const GPT_FINDINGS = {
  GPT_PRIMARY_DAMAGED: {
    severity: 'warn',
    meaning: 'The GPT at the begin of the disk is damaged; its backup at the end was read instead.',
    remedy:
      'mend a copy with `sgdisk -e` or gdisk (recovery menu); firmware may refuse to boot from it as it is',
  },
  GPT_BACKUP_DAMAGED: {
    severity: 'warn',
    meaning: 'The backup of the GPT is damaged or missing; the primary is sound and was read.',
    remedy:
      '`sgdisk -e` writes a new backup; an image that was cut short lacks it as well: compare its checksum',
  },
  GPT_COPIES_DISAGREE: {
    severity: 'warn',
    meaning: 'Both copies of the GPT are sound and say different things; the primary was read.',
    remedy: 'somebody changed one of them only: compare with `sgdisk -v`, and write both anew',
  },
  GPT_BACKUP_NOT_AT_END: {
    severity: 'info',
    meaning: 'The backup of the GPT is not in the last sector: the image was made larger afterwards.',
    remedy: 'nothing has to be done; `sgdisk -e` moves it',
  },
  GPT_PROTECTIVE_MBR_MISSING: {
    severity: 'warn',
    meaning:
      'There is a GPT, and no protective MBR before it: tools that know no GPT take the disk for empty.',
    remedy: '`sgdisk -v` says more; firmware of the UEFI kind may ignore this GPT',
  },
  GPT_HYBRID_MBR: {
    severity: 'warn',
    meaning: 'The MBR before the GPT lists partitions of its own: what the disk holds depends on who looks.',
    remedy: 'only the GPT was read; if the MBR says otherwise, tell which of them the machine boots by',
  },
  GPT_PARTITIONS_OVERLAP: {
    severity: 'warn',
    meaning: 'Two partitions share sectors: writing one of them changes the other.',
    remedy: 'look at the table with `sgdisk -v`',
  },
  GPT_PARTITION_OUTSIDE_USABLE: {
    severity: 'warn',
    meaning:
      'A partition reaches outside of the sectors that the header calls usable, perhaps into the table itself.',
    remedy: 'look at the table with `sgdisk -v`',
  },
} as const satisfies ReaderFindingTable

export const warning = warningsOf(GPT_FINDINGS)
