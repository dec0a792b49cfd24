import { warningsOf } from '../../bytes/index.ts'
import type { ReaderFindingTable } from '../../bytes/index.ts'

export const ISO9660_FINDINGS = {
  ISO9660_TRUNCATED: {
    severity: 'warn',
    meaning:
      'The image is shorter than its volume descriptor says: it was not downloaded or copied completely. Anneal reads the existing part, and fails if it needs the rest.',
    remedy: 'download the image again, and compare its checksum with the published one',
  },
  ISO9660_ALSO_UDF: {
    severity: 'warn',
    meaning:
      'The disc also has a UDF file system, which blkid and Linux prefer. Anneal reads the ISO 9660 part. It may have other files; on discs of Windows it has only a note.',
    remedy: 'compare the files with those of the mounted disc',
  },
  ISO9660_ENDIANS_DIFFER: {
    severity: 'info',
    meaning:
      'A number that the disc stores in both byte orders has two values. Anneal takes the little-endian one, as Linux does.',
    remedy: 'nothing to do, if the files look right; else make the disc again with another tool',
  },
  ISO9660_CATALOG_DAMAGED: {
    severity: 'warn',
    meaning: 'The El Torito boot catalog is damaged: firmware may not boot from the disc.',
    remedy: 'download the image again, and compare its checksum with the published one',
  },
} as const satisfies ReaderFindingTable

export const warning = warningsOf(ISO9660_FINDINGS)
