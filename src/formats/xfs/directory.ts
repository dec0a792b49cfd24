import { isAnnealError } from '../../core/index.ts'
import type { DirectoryEntry } from '../filesystem/index.ts'
import { addressesOfHash } from './directory-index.ts'
import { readDirectoryBlock } from './directory-block.ts'
import type { Directory } from './directory-block.ts'
import { DATA_BLOCK, checkDataBlock, entriesInInode, entriesOfBlock, entryAt } from './directory-data.ts'
import { isDots, isImpossibleName, matchName, toEntry } from './directory-entry.ts'
import type { RawEntry } from './directory-entry.ts'
import { badField } from './volume.ts'
import type { Volume } from './volume.ts'

/** The index of a directory begins here in its address space, free space at twice that (XFS_DIR2_SPACE_SIZE). */
const INDEX_AT_BYTES = 32 * 1024 ** 3

/** Every entry but `.` and `..`, in the order of the disk. */
export async function* listDirectory(
  volume: Volume,
  directory: Directory,
  signal?: AbortSignal,
): AsyncGenerator<DirectoryEntry, void, undefined> {
  for await (const entries of rawEntries(volume, directory, signal)) {
    for (const entry of entries) if (!isDots(entry)) yield toEntry(entry)
  }
}

/** By the directory's index; by looking at every entry where it has none, or where the index is not sound. */
export async function lookupEntry(
  volume: Volume,
  directory: Directory,
  name: Uint8Array,
  signal?: AbortSignal,
): Promise<DirectoryEntry | undefined> {
  if (name.length > 255 || isImpossibleName(name)) return undefined
  if (isDots({ nameBytes: name, inode: 0, kind: 'directory' })) return undefined
  const { geometry } = volume
  if (isIndexed(volume, directory)) {
    try {
      const found = await lookupByHash(volume, directory, name, signal)
      // Tools and kernels disagree on the hash of capitals beyond ASCII: no match proves nothing then.
      const doubtful = geometry.asciiCi && name.some((byte) => byte >= 0x80)
      if (found !== undefined || !doubtful) return found && toEntry(found)
    } catch (error) {
      if (!isAnnealError(error) || !error.code.startsWith('XFS_BAD_')) throw error
    }
  }
  const best = new BestMatch(name, geometry.asciiCi ? 'folded' : 'as is')
  for await (const entries of rawEntries(volume, directory, signal)) {
    for (const entry of entries) if (best.offer(entry)) return toEntry(entry)
  }
  return best.found && toEntry(best.found)
}

/** Whether names stand in a leaf or tree of hashes: everything but the inode itself and a single block. */
function isIndexed({ geometry }: Volume, { inode, mappings }: Directory): boolean {
  if (inode.data.format === 'local') return false
  const last = mappings.at(-1)
  return last !== undefined && last.fileBlock + last.count > geometry.directoryBlockSize / geometry.blockSize
}

async function lookupByHash(
  volume: Volume,
  directory: Directory,
  name: Uint8Array,
  signal?: AbortSignal,
): Promise<RawEntry | undefined> {
  const { geometry } = volume
  const best = new BestMatch(name, geometry.asciiCi ? 'folded' : 'as is')
  const root = INDEX_AT_BYTES / geometry.blockSize
  for await (const address of addressesOfHash(volume, directory, root, name, signal)) {
    const byte = address * 8
    const block = Math.floor(byte / geometry.directoryBlockSize)
    const firstBlock = (block * geometry.directoryBlockSize) / geometry.blockSize
    const cursor = await readDirectoryBlock(volume, directory, firstBlock, DATA_BLOCK, signal)
    if (cursor === undefined)
      throw badField(directory.inode.data.cursor, 0, 'an address', address, 'an entry')
    const { start, end } = checkDataBlock(volume, cursor, directory.inode)
    const at = byte - block * geometry.directoryBlockSize
    if (at < start) throw badField(cursor, at, 'an address', address, 'an entry')
    if (best.offer(entryAt(volume, cursor, at, end).entry)) break
  }
  return best.found
}

/** Entries, block by block. */
async function* rawEntries(
  volume: Volume,
  directory: Directory,
  signal?: AbortSignal,
): AsyncGenerator<Iterable<RawEntry>, void, undefined> {
  const { geometry } = volume
  const { inode, mappings } = directory
  if (inode.data.format === 'local') {
    yield entriesInInode(volume, inode)
    return
  }
  const perBlock = geometry.directoryBlockSize / geometry.blockSize
  const indexAt = INDEX_AT_BYTES / geometry.blockSize
  let next = 0
  for (const { fileBlock, count } of mappings) {
    if (fileBlock >= indexAt) break
    const from = Math.max(next, Math.floor(fileBlock / perBlock) * perBlock)
    const to = Math.min(fileBlock + count, indexAt)
    for (let first = from; first < to; first += perBlock) {
      signal?.throwIfAborted()
      const cursor = await readDirectoryBlock(volume, directory, first, DATA_BLOCK, signal)
      next = first + perBlock
      if (cursor === undefined) continue
      const { start, end } = checkDataBlock(volume, cursor, inode)
      yield entriesOfBlock(volume, cursor, start, end)
    }
  }
}

/** An exact match wins at once; where case does not count, the first other one is remembered. */
class BestMatch {
  found: RawEntry | undefined
  readonly #name: Uint8Array
  readonly #fold: 'folded' | 'as is'

  constructor(name: Uint8Array, fold: 'folded' | 'as is') {
    this.#name = name
    this.#fold = fold
  }

  /** True when nothing better can come. */
  offer(entry: RawEntry): boolean {
    const match = matchName(this.#name, entry.nameBytes, this.#fold)
    if (match === 'none') return false
    if (match === 'exact' || this.found === undefined) this.found = entry
    return match === 'exact'
  }
}
