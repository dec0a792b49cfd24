import type { ReaderWarning } from '../../bytes/index.ts'
import { warn } from './findings.ts'
import { STATE } from './superblock.ts'
import type { Superblock } from './superblock.ts'

/** Whether the file system was put to rest, and what there is to say about it. */
export function stateOf({
  fields,
  features,
}: Superblock): Readonly<{ clean: boolean; warnings: readonly ReaderWarning[] }> {
  const warnings: ReaderWarning[] = []
  const needsRecovery = features.has('needs_recovery')
  if (needsRecovery)
    warnings.push(
      warn(
        'EXT4_NEEDS_RECOVERY',
        'the journal has to be replayed (needs_recovery): what is read may be older than what was last written',
      ),
    )
  const unmounted = (fields.state & STATE.valid) !== 0
  if (!unmounted) warnings.push(warn('EXT4_NOT_UNMOUNTED', 'the file system was not unmounted'))
  const errors = (fields.state & STATE.errors) !== 0
  if (errors)
    warnings.push(warn('EXT4_ERRORS_RECORDED', 'the superblock records that the kernel found errors'))
  if (features.has('has_journal') && fields.journalInode === 0)
    warnings.push(warn('EXT4_EXTERNAL_JOURNAL', 'the journal is on another device'))
  if (fields.lastOrphan !== 0 || features.has('orphan_present'))
    warnings.push(warn('EXT4_ORPHANS', 'deleted files wait to be cleared at the next mount'))
  return { clean: unmounted && !errors && !needsRecovery, warnings }
}
