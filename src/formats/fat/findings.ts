import { warningsOf } from '../../bytes/index.ts'
import type { ReaderFindingTable } from '../../bytes/index.ts'

export const FAT_FINDINGS = {
  FAT_DIRTY: {
    severity: 'warn',
    meaning: 'The file system was not unmounted: what was written last may be missing or half there.',
    remedy: '`fsck.vfat -a` on a copy; its free space is not relied upon meanwhile',
  },
  FAT_INFO_DAMAGED: {
    severity: 'info',
    meaning: 'The sector with the number of free clusters has no signature, or a number that cannot be.',
    remedy: 'nothing has to be done: free clusters were counted in the table',
  },
} as const satisfies ReaderFindingTable

export const warning = warningsOf(FAT_FINDINGS)
