import type { ReaderWarning } from '../../bytes/index.ts'

const JOURNAL = 'mount it once (read and write) where it is used and unmount it, or run `e2fsck -p` on a copy'

/** What the reader goes on in spite of. */
export const EXT4_FINDINGS = {
  EXT4_NEEDS_RECOVERY: {
    severity: 'warn',
    meaning:
      'The journal of an ext3 or ext4 file system has to be replayed: it was not unmounted. What is read may be older than what was last written, and all of it counts as in use.',
    remedy: JOURNAL,
  },
  EXT4_EXTERNAL_JOURNAL: {
    severity: 'info',
    meaning: 'The journal of the file system is on another device. Reading does not need it.',
    remedy:
      'give the image an internal journal (`tune2fs -O ^has_journal`, then `tune2fs -j`) before it is deployed',
  },
  EXT4_NOT_UNMOUNTED: {
    severity: 'warn',
    meaning:
      'The file system was not unmounted, or is mounted at this moment. What is read may be incomplete, and all of it counts as in use.',
    remedy: JOURNAL,
  },
  EXT4_ERRORS_RECORDED: {
    severity: 'warn',
    meaning:
      'The kernel found errors in the file system and wrote that down in its superblock. All of it counts as in use.',
    remedy: 'run `e2fsck -f` on a copy of it',
  },
  EXT4_ORPHANS: {
    severity: 'info',
    meaning:
      'Deleted files wait to be cleared at the next mount. They are in no directory, and count as in use.',
    remedy: 'nothing has to be done: the next mount clears them',
  },
  EXT4_BITMAP_UNTRUSTED: {
    severity: 'warn',
    meaning:
      'The map of free blocks of some block groups does not fit its checksum or its count of free blocks. All of these groups counts as in use.',
    remedy: 'run `e2fsck -f` on a copy of it',
  },
} as const

export function warn(code: keyof typeof EXT4_FINDINGS, message: string): ReaderWarning {
  return { code, message }
}
