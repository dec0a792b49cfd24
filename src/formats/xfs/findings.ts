import type { ReaderWarning } from '../../bytes/index.ts'

/** What the reader notices and goes on in spite of. docs/errors.md lists them. */
export const XFS_FINDINGS = {
  XFS_LOG_DIRTY: {
    severity: 'warn',
    meaning:
      'The log has changes that are not written back: files may be older than their last version. Anneal does not trust the free space.',
    remedy: 'mount the image read-write once and unmount it, or take it from a system that was shut down',
  },
  XFS_LOG_UNREADABLE: {
    severity: 'warn',
    meaning: 'The log is unreadable. Anneal assumes that it has changes.',
    remedy: 'run `xfs_repair` on a copy',
  },
  XFS_REALTIME: {
    severity: 'warn',
    meaning:
      'The file system has a realtime section on another device. Linux does not mount it without that device, and Anneal refuses the files whose blocks are there.',
    remedy: 'copy the files to a file system without a realtime section',
  },
  XFS_UNKNOWN_FEATURES: {
    severity: 'warn',
    meaning:
      'The file system has unknown features that are safe for reading (read-only compatible). Anneal does not trust its free space and treats every extent as shared.',
    remedy: 'nothing to do for reading; otherwise use a newer version of Anneal',
  },
} as const satisfies Readonly<Record<string, { severity: string; meaning: string; remedy: string }>>

export type XfsFinding = keyof typeof XFS_FINDINGS

export function xfsWarning(code: XfsFinding, detail = ''): ReaderWarning {
  const { meaning } = XFS_FINDINGS[code]
  return { code, message: detail === '' ? meaning : `${meaning} (${detail})` }
}
