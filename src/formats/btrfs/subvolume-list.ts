import { EXIT, isAnnealError } from '../../core/index.ts'
import type { Subvolume } from '../filesystem/index.ts'
import { badField } from './damage.ts'
import { FIRST_FREE_OBJECT, KEY, TREE } from './layout.ts'
import { nodeIdOf } from './node-id.ts'
import type { Nodes } from './nodes.ts'
import { defaultSubvolume, placedSubvolumes } from './subvolumes.ts'
import type { PlacedSubvolume } from './subvolumes.ts'
import { walkObject } from './tree-walk.ts'
import type { TreeRoot } from './tree-walk.ts'
import type { Volume } from './volume.ts'

/** Of a directory below the root of its subvolume, and of subvolumes in each other. */
const MOST_LEVELS = 512
/** More are not listed; they can be reached all the same. */
const MOST_LISTED = 4096
const INODE_REFERENCE = 'the name of an inode (btrfs_inode_ref)'

export type SubvolumeList = Readonly<{
  all: readonly Subvolume[]
  /** Those whose place could not be read, and why. */
  lost: readonly string[]
}>

/** Every subvolume with its path from the top level, by id; the top level is the first. */
export async function listSubvolumes(
  volume: Volume,
  nodes: Nodes,
  signal?: AbortSignal,
): Promise<SubvolumeList> {
  const byDefault = await defaultSubvolume(volume)
  const placed = (await placedSubvolumes(volume, signal)).slice(0, MOST_LISTED)
  const paths = new Paths(volume, nodes, placed)
  const all: Subvolume[] = []
  const lost: string[] = []
  for (const id of [TREE.filesystem, ...new Set(placed.map((one) => one.id))]) {
    signal?.throwIfAborted()
    try {
      const { isReadOnly, rootDirectory } = await nodes.subvolume(id)
      const path = await paths.of(id)
      if (path === undefined) continue
      const root = nodeIdOf({ tree: id, inode: rootDirectory })
      all.push({
        id: Number(id),
        path: path === '' ? '/' : path,
        root,
        isDefault: id === byDefault,
        isReadOnly,
      })
    } catch (error) {
      if (!isAnnealError(error) || error.exit !== EXIT.refused) throw error
      lost.push(`subvolume ${id}: ${error.message}`)
    }
  }
  return { all, lost }
}

/**
 * INVARIANTS: what a subvolume is called within the one that it is in is read once; no climb is longer than MOST_LEVELS, so
 * that one in a circle ends.
 */
class Paths {
  readonly #volume: Volume
  readonly #nodes: Nodes
  readonly #placed: ReadonlyMap<bigint, PlacedSubvolume>
  readonly #within = new Map<bigint, string>()

  constructor(volume: Volume, nodes: Nodes, placed: readonly PlacedSubvolume[]) {
    this.#volume = volume
    this.#nodes = nodes
    this.#placed = new Map(placed.map((one) => [one.id, one]))
  }

  /** Empty for the top level. Undefined for one that hangs in none that can be reached. */
  async of(id: bigint): Promise<string | undefined> {
    let path = ''
    let at = id
    for (let level = 0; level < MOST_LEVELS; level += 1) {
      if (at === TREE.filesystem) return path
      const one = this.#placed.get(at)
      if (one === undefined) return undefined
      path = `${await this.#pathWithin(one)}${path}`
      at = one.parent
    }
    return undefined
  }

  async #pathWithin({ id, parent, reference }: PlacedSubvolume): Promise<string> {
    const known = this.#within.get(id)
    if (known !== undefined) return known
    const { tree } = await this.#nodes.subvolume(parent)
    let path = `/${textOf(reference.name)}`
    let inode = reference.directory
    for (let level = 0; inode !== FIRST_FREE_OBJECT; level += 1) {
      const above = await nameOf(this.#volume, tree, inode)
      if (above === undefined || level === MOST_LEVELS) {
        const where = { structure: INODE_REFERENCE, base: 0 }
        throw badField(where, 0, `the way up from inode ${inode} of the subvolume ${parent}`, 'none', 'one')
      }
      path = `/${above.name}${path}`
      inode = above.directory
    }
    this.#within.set(id, path)
    return path
  }
}

/** btrfs_inode_ref: a directory has one. */
async function nameOf(
  volume: Volume,
  tree: TreeRoot,
  inode: bigint,
): Promise<Readonly<{ directory: bigint; name: string }> | undefined> {
  for await (const { key, data } of walkObject(volume, tree, inode, KEY.inodeReference, INODE_REFERENCE))
    return { directory: key.offset, name: textOf(data.slice(10, data.u16le(8))) }
  return undefined
}

function textOf(name: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(name)
}
