import type { Change } from '../../contract/index.ts'
import { findPath } from '../../formats/filesystem/index.ts'
import type { Volume } from '../stack/index.ts'
import type { LiveTree } from './tree.ts'

/** Where a container of an ostree system carries the repository that it was made of: every file has a second name there. */
const REPOSITORY = '/sysroot/ostree'

/**
 * What of a container's tree is not for the system that is made of it. bootc takes the repository of ostree out of it, too:
 * /sysroot is where the root of the disk is mounted.
 */
export async function containerTree(
  { fileSystem }: Volume,
  signal: AbortSignal,
): Promise<Pick<LiveTree, 'emptied'> & Readonly<{ changes: readonly Change[] }>> {
  const found = await findPath(fileSystem, REPOSITORY, { lastLink: 'keep', signal })
  if (found?.kind !== 'directory' || found.realPath !== REPOSITORY) return { emptied: new Set(), changes: [] }
  const reason = 'the container was shipped with the ostree repository that it was made of'
  return {
    emptied: new Set([REPOSITORY]),
    changes: [{ file: REPOSITORY, what: 'it is empty', reason }],
  }
}
