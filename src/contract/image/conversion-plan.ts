import type { BootSummary, Change, StoredBase } from './boot-file.ts'

/** What `anneal image convert --dry-run` would do. */
export type ConversionPlanDocument = Readonly<{
  schema: 'anneal.conversion-plan/1'
  /** Absent with `--boot-only`, as is `changes`. */
  base?: Pick<StoredBase, 'sizeBytes' | 'usedBytes' | 'from'>
  boot: BootSummary
  /** What the conversion would change in the system. */
  changes?: readonly Change[]
  warnings: readonly string[]
}>
