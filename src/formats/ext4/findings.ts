import type { ReaderWarning } from '../../bytes/index.ts'

const JOURNAL = 'mount it read-write once on its machine and unmount it, or run `e2fsck -p` on a copy'

/** What the reader goes on in spite of. */
export const EXT4_FINDINGS = {
  EXT4_NEEDS_RECOVERY: {
    severity: 'warn',
    meaning:
      'An ext3 or ext4 file system was not unmounted: its journal must be replayed. Files may be older than their last version. Anneal treats the whole file system as in use.',
    remedy: JOURNAL,
  },
  EXT4_EXTERNAL_JOURNAL: {
    severity: 'info',
    meaning: 'The journal of the file system is on another device. Anneal can read the files without it.',
    remedy:
      'give the image an internal journal (`tune2fs -O ^has_journal`, then `tune2fs -j`) before it is deployed',
  },
  EXT4_NOT_UNMOUNTED: {
    severity: 'warn',
    meaning:
      'The file system was not unmounted, or is mounted now. Files may be incomplete. Anneal treats the whole file system as in use.',
    remedy: JOURNAL,
  },
  EXT4_ERRORS_RECORDED: {
    severity: 'warn',
    meaning:
      'The kernel found errors in the file system and recorded them in its superblock. Anneal treats the whole file system as in use.',
    remedy: 'run `e2fsck -f` on a copy',
  },
  EXT4_ORPHANS: {
    severity: 'info',
    meaning:
      'The file system has deleted files that the next mount clears. They are in no directory, and their blocks count as in use.',
    remedy: 'nothing to do: the next mount clears them',
  },
  EXT4_BITMAP_UNTRUSTED: {
    severity: 'warn',
    meaning:
      'The block bitmap of some block groups does not match its checksum or its count of free blocks. Anneal treats these groups as in use.',
    remedy: 'run `e2fsck -f` on a copy',
  },
} as const

export function warn(code: keyof typeof EXT4_FINDINGS, message: string): ReaderWarning {
  return { code, message }
}
