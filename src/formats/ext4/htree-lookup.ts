import { Cursor } from '../../bytes/index.ts'
import type { DirectoryEntry } from '../filesystem/index.ts'
import { contentOf } from './content.ts'
import { checkLeaf, damaged, entriesIn } from './directory-block.ts'
import { directoryHash } from './directory-hash.ts'
import { isIndexed } from './directory.ts'
import { blockOf, hashOf, parseIndexNode, parseRoot } from './htree-node.ts'
import type { HashTreeNode } from './htree-node.ts'
import { hasFlag } from './inode.ts'
import type { Inode } from './inode.ts'
import type { Run } from './run.ts'
import { FLAGS } from './superblock.ts'
import { readBlocks } from './volume.ts'
import type { Volume } from './volume.ts'

/** Inner levels below the root: ext4_dir_htree_level in fs/ext4/ext4.h. */
const DEEPEST = 1
const DEEPEST_LARGE = 2

/** A node on the way down, and which of its entries was taken. */
type Step = { node: HashTreeNode; index: number }

/**
 * Looks a name up by its hash: one block for each level of the tree, one leaf, and those that follow it as long as names
 * of the same hash go on. Undefined where the index cannot be used: the whole directory has to be read then.
 */
export async function lookupByHash(
  volume: Volume,
  directory: Inode,
  name: Uint8Array,
  signal?: AbortSignal,
): Promise<DirectoryEntry | 'absent' | undefined> {
  const { features, fields } = volume.superblock
  // The hash of a directory that folds case is that of the folded name.
  if (!isIndexed(volume, directory) || hasFlag(directory, 'casefolded')) return undefined
  const signs = fields.flags & (FLAGS.signedHash | FLAGS.unsignedHash)
  if (signs !== FLAGS.signedHash && signs !== FLAGS.unsignedHash) return undefined
  const content = await contentOf(volume, directory, signal)
  if ('inline' in content) return undefined
  const readBlock = (logical: number): Promise<Cursor> =>
    readDirectoryBlock(volume, directory, content.runs, logical, signal)

  const root = parseRoot(directory, await readBlock(0))
  const chars = signs === FLAGS.unsignedHash ? 'unsigned' : 'signed'
  const hash = directoryHash(root.hashVersion, chars, fields.hashSeed, name)
  if (hash === undefined || root.levels > (features.has('large_dir') ? DEEPEST_LARGE : DEEPEST))
    return undefined

  const steps: Step[] = [{ node: root, index: entryFor(root, hash) }]
  for (let level = 0; level < root.levels; level += 1) {
    const node = parseIndexNode(directory, await readBlock(currentBlock(steps)))
    steps.push({ node, index: entryFor(node, hash) })
  }
  // No leaf comes twice, so there are no more of them than blocks.
  let left = Math.ceil(directory.sizeBytes / volume.superblock.blockBytes)
  do {
    left -= 1
    if (left < 0) return undefined
    const leaf = await readBlock(currentBlock(steps))
    checkLeaf(directory, leaf)
    const found = entryNamed(entriesIn(volume, directory, leaf), name)
    if (found !== undefined) return found
  } while (await advance(steps, hash, async (logical) => parseIndexNode(directory, await readBlock(logical))))
  return 'absent'
}

export function entryNamed(entries: readonly DirectoryEntry[], name: Uint8Array): DirectoryEntry | undefined {
  return entries.find(
    ({ nameBytes }) => nameBytes.length === name.length && nameBytes.every((byte, at) => byte === name[at]),
  )
}

/** The last entry that begins at or before the hash. */
function entryFor(node: HashTreeNode, hash: number): number {
  let low = 0
  let high = node.count - 1
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if (hashOf(node, middle) <= hash) low = middle
    else high = middle - 1
  }
  return low
}

function currentBlock(steps: readonly Step[]): number {
  const last = steps.at(-1)
  return last === undefined ? 0 : blockOf(last.node, last.index)
}

/**
 * Goes to the next leaf if names of this hash go on there: then its entry has the same hash, but for the lowest bit
 * (ext4_htree_next_block in fs/ext4/namei.c).
 *
 * INVARIANT: the position in the tree only grows, and the tree has at most three levels, so it ends.
 */
async function advance(
  steps: Step[],
  hash: number,
  readNode: (logical: number) => Promise<HashTreeNode>,
): Promise<boolean> {
  let level = steps.length - 1
  while (level >= 0) {
    const step = steps[level]
    if (step !== undefined && step.index + 1 < step.node.count) {
      step.index += 1
      break
    }
    level -= 1
  }
  const step = steps[level]
  if (step === undefined || (hashOf(step.node, step.index) & ~1) >>> 0 !== hash) return false
  for (const below of steps.slice(level + 1).keys()) {
    const node = await readNode(currentBlock(steps.slice(0, level + 1 + below)))
    steps[level + 1 + below] = { node, index: 0 }
  }
  return true
}

async function readDirectoryBlock(
  volume: Volume,
  directory: Inode,
  runs: readonly Run[],
  logical: number,
  signal?: AbortSignal,
): Promise<Cursor> {
  const { blockBytes } = volume.superblock
  const run = runs.find((one) => logical >= one.logical && logical < one.logical + one.count)
  const inFile = logical * blockBytes < directory.sizeBytes
  if (run === undefined || run.unwritten || !inFile)
    throw damaged(directory, directory.offsetBytes, 'dx_entry.block', logical, 'a block of the directory')
  const block = run.physical + logical - run.logical
  const [bytes] = await readBlocks(volume, [block], signal)
  return new Cursor(bytes ?? new Uint8Array(0), `directory inode ${directory.number}`, block * blockBytes)
}
