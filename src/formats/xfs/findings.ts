import type { ReaderWarning } from '../../bytes/index.ts'

/** What the reader notices and goes on in spite of. docs/errors.md lists them. */
export const XFS_FINDINGS = {
  XFS_LOG_DIRTY: {
    severity: 'warn',
    meaning:
      'The log holds changes that are not in place yet: files may be older than they were, and free space is not trusted.',
    remedy:
      'mount and unmount the image once on a machine that may write it, or take it from a system that was shut down',
  },
  XFS_LOG_UNREADABLE: {
    severity: 'warn',
    meaning: 'The log could not be understood; it is taken for dirty.',
    remedy: 'run `xfs_repair` on a copy',
  },
  XFS_UNKNOWN_FEATURES: {
    severity: 'warn',
    meaning:
      'The file system has features that only a writer has to know (read-only compatible). It is read; free space is not trusted, and every extent counts as shared.',
    remedy: 'nothing, if it is only read; else use a newer version',
  },
} as const satisfies Readonly<Record<string, { severity: string; meaning: string; remedy: string }>>

export type XfsFinding = keyof typeof XFS_FINDINGS

export function xfsWarning(code: XfsFinding, detail = ''): ReaderWarning {
  const { meaning } = XFS_FINDINGS[code]
  return { code, message: detail === '' ? meaning : `${meaning} (${detail})` }
}
