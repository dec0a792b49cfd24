import { toSafe } from '../../bytes/index.ts'
import type { NodeId } from '../filesystem/index.ts'
import type { Directory } from './directory-block.ts'
import { raise } from './errors.ts'
import { readMappings } from './extent-map.ts'
import { readInode } from './inode.ts'
import type { Inode } from './inode.ts'
import type { Volume } from './volume.ts'

const MOST_INODES = 256
/** A longer map is read anew each time, so that the cache stays small. */
const LONGEST_KEPT_MAP = 16_384

/**
 * Inodes that were read a moment ago, and the maps of directories among them: a walk through a path or a listing asks
 * for the same ones again and again.
 *
 * INVARIANTS: at most MOST_INODES are held, the oldest goes first; what failed is not held.
 */
export class Nodes {
  readonly #volume: Volume
  readonly #inodes = new Map<number, Inode>()
  readonly #directories = new WeakMap<Inode, Directory>()

  constructor(volume: Volume) {
    this.#volume = volume
  }

  async inode(id: NodeId, signal?: AbortSignal): Promise<Inode> {
    const number = toSafe(id, 'an inode number')
    const known = this.#inodes.get(number)
    if (known !== undefined) {
      this.#inodes.delete(number)
      this.#inodes.set(number, known)
      return known
    }
    const inode = await readInode(this.#volume, number, signal)
    this.#inodes.set(number, inode)
    if (this.#inodes.size > MOST_INODES) {
      const [oldest] = this.#inodes.keys()
      if (oldest !== undefined) this.#inodes.delete(oldest)
    }
    return inode
  }

  /** Throws XFS_NOT_A_DIRECTORY. */
  async directory(id: NodeId, signal?: AbortSignal): Promise<Directory> {
    const inode = await this.inode(id, signal)
    const known = this.#directories.get(inode)
    if (known !== undefined) return known
    const { kind } = inode.stat
    if (kind !== 'directory') throw raise('XFS_NOT_A_DIRECTORY', { inode: inode.number, kind })
    const mappings = await readMappings(this.#volume, inode.number, inode.data, signal)
    const directory = { inode, mappings }
    if (mappings.length <= LONGEST_KEPT_MAP) this.#directories.set(inode, directory)
    return directory
  }
}
