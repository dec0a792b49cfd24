import { warningsOf } from '../../bytes/index.ts'
import type { ReaderFindingTable } from '../../bytes/index.ts'

export const LVM_FINDINGS = {
  LVM_AREA_DAMAGED: {
    severity: 'warn',
    meaning: 'One copy of the metadata of a volume group is damaged. Anneal used a valid copy.',
    remedy: '`vgck --updatemetadata` writes all copies again',
  },
  LVM_AREA_STALE: {
    severity: 'warn',
    meaning: 'One copy of the metadata of a volume group is older than the others. Anneal used the newest.',
    remedy: 'a disk was missing while the group changed: `vgck --updatemetadata` writes all copies again',
  },
  LVM_GROUP_EXPORTED: {
    severity: 'info',
    meaning: 'The volume group is exported: no system activates it until `vgimport`.',
    remedy: '`vgimport` makes it usable again',
  },
  LVM_COPY_MISSING: {
    severity: 'warn',
    meaning:
      'Not all copies of a mirrored volume are in the image, or one is out of date. Anneal reads a copy that is whole; another one may be newer.',
    remedy: 'make the image of all disks of the group; `lvconvert --repair` makes the copies whole again',
  },
  LVM_COPIES_APART: {
    severity: 'warn',
    meaning:
      'The copies of a mirrored volume differed when it was last used: only one of them may have the last writes.',
    remedy: 'make the image of a system that was shut down cleanly; see `lvs -o +copy_percent`',
  },
  LVM_PV_NOT_LISTED: {
    severity: 'warn',
    meaning: 'A physical volume has metadata of a volume group that no longer lists it.',
    remedy:
      'see `pvck` and `vgck`: it was removed from the group while it was missing, and Anneal does not use it',
  },
} as const satisfies ReaderFindingTable

export const warning = warningsOf(LVM_FINDINGS)
