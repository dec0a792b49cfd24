import { at, struct, u32be } from '../../bytes/index.ts'
import { isAnnealError } from '../../core/index.ts'
import { contentOf } from './content.ts'
import type { BlockRange } from './group-metadata.ts'
import { inodeReader } from './read-inode.ts'
import { readBlocks } from './volume.ts'
import type { Volume } from './volume.ts'

/** `journal_superblock_s` of include/linux/jbd2.h, in the first block of the journal. */
const JOURNAL = struct('journal superblock', 1024, {
  magic: at(0, u32be),
  type: at(4, u32be),
  blockBytes: at(12, u32be),
  blocks: at(16, u32be),
  firstLogBlock: at(20, u32be),
  start: at(28, u32be),
})
const MAGIC = 0xc0_3b_39_98
/** Versions 1 and 2. */
const TYPES: readonly number[] = [3, 4]

/**
 * The blocks of the log of a journal in which nothing waits to be replayed: all of the journal but for what comes before its first
 * log block. Their content means nothing any more. They have to be zeros and not free space: what lies on a disk of an earlier copy of the
 * same file system could be taken for the transactions that follow the next ones.
 *
 * None where there is no journal, where it is on another device, or where anything in it is not as it should be.
 */
export async function emptyLog(direct: Volume, signal?: AbortSignal): Promise<readonly BlockRange[]> {
  const { features, fields, blockBytes } = direct.superblock
  if (!features.has('has_journal') || features.has('needs_recovery') || fields.journalInode === 0) return []
  try {
    const inode = await inodeReader(direct)(BigInt(fields.journalInode), signal)
    const content = await contentOf(direct, inode, signal)
    if (!('runs' in content)) return []
    const [first] = content.runs
    if (first === undefined || first.logical !== 0 || first.unwritten) return []
    const [block] = await readBlocks(direct, [first.physical], signal)
    if (block === undefined || block.length < JOURNAL.sizeBytes) return []
    const journal = JOURNAL.read(block, first.physical * blockBytes)
    const isSound =
      journal.magic === MAGIC &&
      TYPES.includes(journal.type) &&
      journal.blockBytes === blockBytes &&
      journal.firstLogBlock > 0 &&
      journal.firstLogBlock < journal.blocks
    if (!isSound || journal.start !== 0) return []
    return content.runs.flatMap(({ logical, physical, count }) => {
      const skipped = Math.max(0, journal.firstLogBlock - logical)
      return skipped < count ? [{ first: physical + skipped, end: physical + count }] : []
    })
  } catch (error) {
    if (!isAnnealError(error)) throw error
    return []
  }
}
