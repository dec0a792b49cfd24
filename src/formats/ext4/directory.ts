import { Cursor } from '../../bytes/index.ts'
import type { DirectoryEntry } from '../filesystem/index.ts'
import { contentOf } from './content.ts'
import { checkLeaf, damaged, entriesIn, looksLikeIndexNode } from './directory-block.ts'
import { parseIndexNode, parseRoot } from './htree-node.ts'
import { BLOCK_AREA_BYTES, INODE, hasFlag } from './inode.ts'
import type { Inode } from './inode.ts'
import type { Run } from './run.ts'
import { readBlocks } from './volume.ts'
import type { Volume } from './volume.ts'

/** Blocks that are read at a time: bounds memory. */
const BYTES_AT_A_TIME = 1 << 20
/** An inline directory begins with its parent's inode number. */
const PARENT_BYTES = 4

/**
 * Every entry, stretch by stretch, in the order of the disk, which for an indexed directory is not the order of hashes:
 * every block is a sequence of records, and in those of the index the records are empty.
 */
export async function* listDirectory(
  volume: Volume,
  directory: Inode,
  signal?: AbortSignal,
): AsyncGenerator<readonly DirectoryEntry[], void, undefined> {
  const content = await contentOf(volume, directory, signal)
  if ('inline' in content) {
    yield* inlineStretches(directory, content.inline).map((cursor) => entriesIn(volume, directory, cursor))
    return
  }
  for await (const { logical, cursor } of blocksOf(volume, directory, content.runs, signal)) {
    checkDirectoryBlock(volume, directory, logical, cursor)
    yield entriesIn(volume, directory, cursor)
  }
}

/** The inode's own 60 bytes and the attribute's value are read apart: no record reaches from one into the other. */
function inlineStretches(directory: Inode, inline: Uint8Array): readonly Cursor[] {
  const structure = `inline directory inode ${directory.number}`
  const base = directory.offsetBytes + INODE.block
  const whole = new Cursor(inline, structure, base)
  return [
    whole.sub(PARENT_BYTES, BLOCK_AREA_BYTES - PARENT_BYTES, structure),
    whole.sub(BLOCK_AREA_BYTES, inline.length - BLOCK_AREA_BYTES, structure),
  ]
}

/** Blocks that exist, up to the directory's size; the kernel passes over holes, too. */
async function* blocksOf(
  volume: Volume,
  directory: Inode,
  runs: readonly Run[],
  signal?: AbortSignal,
): AsyncGenerator<Readonly<{ logical: number; cursor: Cursor }>, void, undefined> {
  const { blockBytes } = volume.superblock
  const end = Math.ceil(directory.sizeBytes / blockBytes)
  const most = BYTES_AT_A_TIME / blockBytes
  for (const run of runs) {
    if (run.unwritten)
      throw damaged(directory, directory.offsetBytes, 'mapping', 'unwritten', 'written blocks')
    for (let at = 0; at < run.count && run.logical + at < end; at += most) {
      const count = Math.min(most, run.count - at, end - run.logical - at)
      const numbers = Array.from({ length: count }, (_, index) => run.physical + at + index)
      for (const [index, bytes] of (await readBlocks(volume, numbers, signal)).entries()) {
        const base = (run.physical + at + index) * blockBytes
        yield {
          logical: run.logical + at + index,
          cursor: new Cursor(bytes, `directory inode ${directory.number}`, base),
        }
      }
    }
  }
}

/** Verifies a block's checksum, by what it is. Throws EXT4_CHECKSUM_MISMATCH. */
function checkDirectoryBlock(volume: Volume, directory: Inode, logical: number, cursor: Cursor): void {
  if (directory.checksumSeed === undefined) return
  if (!isIndexed(volume, directory)) checkLeaf(directory, cursor)
  else if (logical === 0) parseRoot(directory, cursor)
  else if (looksLikeIndexNode(volume, cursor)) parseIndexNode(directory, cursor)
  else checkLeaf(directory, cursor)
}

export function isIndexed(volume: Volume, directory: Inode): boolean {
  return hasFlag(directory, 'indexed') && volume.superblock.features.has('dir_index')
}
