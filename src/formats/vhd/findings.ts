import { warningsOf } from '../../bytes/index.ts'
import type { ReaderFindingTable } from '../../bytes/index.ts'

export const VHD_FINDINGS = {
  VHD_CUT_SHORT: {
    severity: 'warn',
    meaning:
      'The VHD image does not end with its footer: it was not downloaded or copied completely, or not closed. Anneal uses the copy of the footer at the start, reads the existing part, and fails if it needs the rest.',
    remedy: 'download the image again, and compare its checksum with the published one',
  },
} as const satisfies ReaderFindingTable

export const warning = warningsOf(VHD_FINDINGS)
