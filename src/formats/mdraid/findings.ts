import { warningsOf } from '../../bytes/index.ts'
import type { ReaderFindingTable } from '../../bytes/index.ts'

export const MD_FINDINGS = {
  MD_MIRROR_READ: {
    severity: 'warn',
    meaning:
      'Anneal reads one member of a mirror (software RAID 1). Members that are not in the image may be newer, and a base of it is no member any more.',
    remedy: 'nothing to do if the image was made of a system that was shut down with all its members',
  },
  MD_MEMBER_STALE: {
    severity: 'warn',
    meaning: 'A member of a mirror is older than another one. Anneal reads the newer one.',
    remedy: 'the member was missing while the array was written to: `mdadm --re-add` makes it whole again',
  },
  MD_MIRROR_DEGRADED: {
    severity: 'warn',
    meaning: 'When the mirror was last written to, not all of its members were there.',
    remedy: 'nothing to do to read it; `mdadm --detail` shows what it lacks where it runs',
  },
  MD_MIRROR_UNCLEAN: {
    severity: 'warn',
    meaning:
      'The members of the mirror were not the same when it was left: what was written last may be in one of them alone.',
    remedy: 'make the image of a system that was shut down cleanly',
  },
} as const satisfies ReaderFindingTable

export const warning = warningsOf(MD_FINDINGS)
