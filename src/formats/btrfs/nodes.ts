import type { NodeId, NodeStat } from '../filesystem/index.ts'
import { raise } from './errors.ts'
import { readInode, statOf } from './inode.ts'
import type { Inode } from './inode.ts'
import { nodeIdOf, placeOfNode } from './node-id.ts'
import { openSubvolume } from './subvolumes.ts'
import type { SubvolumeTree } from './subvolumes.ts'
import type { Volume } from './volume.ts'

const MOST_INODES = 256
const MOST_SUBVOLUMES = 256

/**
 * Inodes and subvolumes that were read a moment ago: a walk through a path or a listing asks for the same ones again and
 * again.
 *
 * INVARIANTS: at most MOST_… are held, the oldest goes first; what failed is not held.
 */
export class Nodes {
  readonly #volume: Volume
  readonly #inodes = new Map<NodeId, Inode>()
  readonly #subvolumes = new Map<bigint, SubvolumeTree>()

  constructor(volume: Volume) {
    this.#volume = volume
  }

  async subvolume(id: bigint): Promise<SubvolumeTree> {
    return kept(this.#subvolumes, id, MOST_SUBVOLUMES, () => openSubvolume(this.#volume, id))
  }

  async inode(id: NodeId): Promise<Inode> {
    return kept(this.#inodes, id, MOST_INODES, async () => {
      const place = placeOfNode(id)
      return readInode(this.#volume, await this.subvolume(place.tree), place)
    })
  }

  async stat(id: NodeId, signal?: AbortSignal): Promise<NodeStat> {
    const { tree, placeholder } = placeOfNode(id)
    if (placeholder === undefined) return statOf(this.#volume, await this.inode(id), signal)
    const directory = await this.inode(nodeIdOf({ tree, inode: placeholder }))
    return {
      id,
      kind: 'directory',
      sizeBytes: 0,
      mode: 0o755,
      uid: directory.raw.uid,
      gid: directory.raw.gid,
      links: 1,
      modifiedNs: 0n,
      hasXattrs: false,
      immutable: false,
    }
  }

  /** Throws BTRFS_NOT_A_DIRECTORY. Undefined for the empty directory in the place of a subvolume. */
  async directory(id: NodeId): Promise<Inode | undefined> {
    if (placeOfNode(id).placeholder !== undefined) return undefined
    const inode = await this.inode(id)
    const { kind, place } = inode
    if (kind !== 'directory') {
      throw raise('BTRFS_NOT_A_DIRECTORY', {
        inode: String(place.inode),
        subvolume: String(place.tree),
        kind,
      })
    }
    return inode
  }
}

async function kept<K, V>(held: Map<K, V>, key: K, most: number, read: () => Promise<V>): Promise<V> {
  const known = held.get(key)
  const value = known ?? (await read())
  held.delete(key)
  held.set(key, value)
  const [oldest] = held.keys()
  if (held.size > most && oldest !== undefined) held.delete(oldest)
  return value
}
