import { warningsOf } from '../../bytes/index.ts'
import type { ReaderFindingTable } from '../../bytes/index.ts'

export const VDI_FINDINGS = {
  VDI_CUT_SHORT: {
    severity: 'warn',
    meaning:
      'The VDI image is shorter than its header says: it was not downloaded or copied completely. Anneal reads the existing part, and fails if it needs the rest.',
    remedy: 'download the image again, and compare its checksum with the published one',
  },
} as const satisfies ReaderFindingTable

export const warning = warningsOf(VDI_FINDINGS)
