import { warningsOf } from '../../bytes/index.ts'
import type { ReaderFindingTable } from '../../bytes/index.ts'

/** What is said of the way from a disk down to its file systems, and does not keep it from being gone. */
export const STACK_FINDINGS = {
  STACK_TOO_MANY: {
    severity: 'warn',
    meaning: 'The disk has far too many partitions and volumes. Anneal ignores those beyond its limit.',
    remedy: 'get the image from a source that you trust: it is damaged, or made to cause harm',
  },
  DISC_HYBRID: {
    severity: 'info',
    meaning:
      'The disc also has a partition table, so that it boots from a USB stick. Anneal shows the disc, and not its partitions.',
    remedy: 'nothing to do: both show the same files',
  },
  VERITY_VERIFIED: {
    severity: 'info',
    meaning:
      'The command line has the root hash of a dm-verity hash tree. Anneal compares each block that it reads with the tree, and refuses one that differs.',
    remedy: 'nothing to do',
  },
  VERITY_UNVERIFIED: {
    severity: 'warn',
    meaning:
      'The command line has the root hash of a dm-verity hash tree, and Anneal cannot compare the data with it: they are read as they are.',
    remedy:
      '`veritysetup verify` compares data, hash tree and hash, with the options that the evidence names',
  },
  SECTOR_SIZES_MIXED: {
    severity: 'warn',
    meaning:
      'The partition table counts sectors of one size, and a file system in it was made for another: no disk fits both.',
    remedy: 'take an image that was made for disks of one sector size, 512 or 4096 bytes',
  },
} as const satisfies ReaderFindingTable

export const warning = warningsOf(STACK_FINDINGS)
