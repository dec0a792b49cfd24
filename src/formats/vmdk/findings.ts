import { warningsOf } from '../../bytes/index.ts'
import type { ReaderFindingTable } from '../../bytes/index.ts'

export const VMDK_FINDINGS = {
  VMDK_CUT_SHORT: {
    severity: 'warn',
    meaning:
      'The VMDK image refers to tables beyond the end of its file: it was not downloaded or copied completely. Anneal reads the existing part, and fails if it needs the rest.',
    remedy: 'download the image again, and compare its checksum with the published one',
  },
  VMDK_UNCLEAN: {
    severity: 'warn',
    meaning: 'The VMDK image was not closed cleanly, or is in use. Anneal reads it as it is.',
    remedy: 'check that no machine runs from it; VMware repairs it when it opens it',
  },
} as const satisfies ReaderFindingTable

export const warning = warningsOf(VMDK_FINDINGS)
