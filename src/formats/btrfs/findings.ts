import { warningsOf } from '../../bytes/index.ts'

/** What the reader notices and goes on in spite of. docs/errors.md lists them. */
export const BTRFS_FINDINGS = {
  BTRFS_LOG_TREE: {
    severity: 'warn',
    meaning:
      'The file system was not unmounted: a log tree waits to be replayed. Files may be older than their last version. Anneal does not trust the free space.',
    remedy: 'mount the image read-write once and unmount it, or take it from a system that was shut down',
  },
  BTRFS_ERRORS_RECORDED: {
    severity: 'warn',
    meaning: 'The superblock says that the kernel found errors. Anneal does not trust the free space.',
    remedy: 'run `btrfs check` on a copy',
  },
  BTRFS_SUPERBLOCK_COPY: {
    severity: 'warn',
    meaning:
      'The first superblock is damaged. Anneal used a copy of it. The kernel does not mount such a file system.',
    remedy: 'run `btrfs rescue super-recover` on a copy, or download the image again',
  },
  BTRFS_SUBVOLUME_LOST: {
    severity: 'warn',
    meaning:
      'The place of a subvolume cannot be read. Anneal does not list it, and its files may be missing.',
    remedy: 'run `btrfs check` on a copy, or download the image again',
  },
  BTRFS_UNKNOWN_FEATURES: {
    severity: 'warn',
    meaning:
      'The file system has unknown features that are safe for reading (read-only compatible). Anneal does not trust the free space.',
    remedy: 'nothing to do for reading; otherwise use a newer version of Anneal',
  },
} as const

export const warning = warningsOf(BTRFS_FINDINGS)
