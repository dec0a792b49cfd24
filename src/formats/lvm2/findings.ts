import { warningsOf } from '../../bytes/index.ts'
import type { ReaderFindingTable } from '../../bytes/index.ts'

export const LVM_FINDINGS = {
  LVM_AREA_DAMAGED: {
    severity: 'warn',
    meaning: 'One of several copies of the metadata of a volume group is damaged; a sound one was read.',
    remedy: '`vgck --updatemetadata` writes all copies anew',
  },
  LVM_AREA_STALE: {
    severity: 'warn',
    meaning:
      'One of several copies of the metadata of a volume group is older than the others; the newest was read.',
    remedy: 'a disk was away while the group was changed: `vgck --updatemetadata` writes all copies anew',
  },
  LVM_GROUP_EXPORTED: {
    severity: 'info',
    meaning: 'The volume group is exported: no system activates it before `vgimport`.',
    remedy: '`vgimport` makes it usable again',
  },
  LVM_PV_NOT_LISTED: {
    severity: 'warn',
    meaning:
      'A physical volume holds metadata of a volume group in whose newest description it is not listed.',
    remedy: 'it was taken out of the group while it was away: `pvck` and `vgck` say more; it was not used',
  },
} as const satisfies ReaderFindingTable

export const warning = warningsOf(LVM_FINDINGS)
