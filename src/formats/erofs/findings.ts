import { warningsOf } from '../../bytes/index.ts'
import type { ReaderFindingTable } from '../../bytes/index.ts'

export const EROFS_FINDINGS = {
  EROFS_DEVICES_MISSING: {
    severity: 'warn',
    meaning:
      'The content of files is also on further devices (blobs), which are missing. Anneal shows the tree, and refuses those files one by one.',
    remedy: 'make the image without `--blobdev`, or merge it and its blobs with `mkfs.erofs`',
  },
} as const satisfies ReaderFindingTable

export const warning = warningsOf(EROFS_FINDINGS)
