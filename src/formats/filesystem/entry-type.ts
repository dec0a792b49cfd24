import type { NodeKind } from './filesystem.ts'

/** EXT4_FT_… and XFS_DIR3_FT_…: the numbers are the same. */
const KINDS: readonly NodeKind[] = [
  'unknown',
  'file',
  'directory',
  'character device',
  'block device',
  'fifo',
  'socket',
  'symlink',
]

/** What a directory entry of Unix says that it leads to; `unknown` for a type that nobody has. */
export function kindOfEntryType(type: number): NodeKind {
  return KINDS[type] ?? 'unknown'
}
