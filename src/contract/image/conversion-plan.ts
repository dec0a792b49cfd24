import type { BootSummary, Change, StoredBase, StoredRootImage } from './boot-file.ts'

/** What `anneal image convert --dry-run` would do. */
export type ConversionPlanDocument = Readonly<{
  schema: 'anneal.conversion-plan/1'
  /** Absent with `--boot-only` and `--live`. */
  base?: Pick<StoredBase, 'sizeBytes' | 'usedBytes' | 'from'>
  /** With `--live`. */
  live?: Pick<StoredRootImage, 'format' | 'compression' | 'from' | 'url'>
  boot: BootSummary
  /** What the conversion would change in the system. Absent with `--boot-only`. */
  changes?: readonly Change[]
  warnings: readonly string[]
}>
