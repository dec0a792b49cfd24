import { warningsOf } from '../../bytes/index.ts'
import type { ReaderFindingTable } from '../../bytes/index.ts'

export const FAT_FINDINGS = {
  FAT_DIRTY: {
    severity: 'warn',
    meaning: 'The file system was not unmounted: the last writes may be missing or incomplete.',
    remedy: 'run `fsck.vfat -a` on a copy; until then Anneal does not trust its free space',
  },
  FAT_INFO_DAMAGED: {
    severity: 'info',
    meaning: 'The sector with the number of free clusters has no signature or an impossible number.',
    remedy: 'nothing to do: Anneal counts free clusters in the table',
  },
} as const satisfies ReaderFindingTable

export const warning = warningsOf(FAT_FINDINGS)
