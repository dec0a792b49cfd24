import type { Cursor } from '../../bytes/index.ts'
import { badField } from './damage.ts'
import { lookupPlain } from './directory-item.ts'
import { raise } from './errors.ts'
import { FIRST_FREE_OBJECT, isSubvolumeId, KEY, MOST_U64, ROOT_ITEM, TREE } from './layout.ts'
import { findBefore, findItem, walkItems } from './tree-walk.ts'
import type { TreeRoot } from './tree-walk.ts'
import type { Volume } from './volume.ts'

/** A tree of files. */
export type SubvolumeTree = Readonly<{
  tree: TreeRoot
  rootDirectory: bigint
  isReadOnly: boolean
}>

/** What a subvolume is to the one that it is in: btrfs_root_ref. */
export type RootReference = Readonly<{ directory: bigint; name: Uint8Array }>

const REFERENCE = 'the place of a subvolume (btrfs_root_ref)'
const READ_ONLY_FLAG = 1n
const MOST_SUBVOLUMES = 65_536

/** The root of a tree, as the root tree has it; undefined where it has none. */
export async function findTree(volume: Volume, id: bigint): Promise<TreeRoot | undefined> {
  const found = await rootItem(volume, id)
  return found?.tree
}

/** Throws BTRFS_NO_SUCH_TREE. */
export async function openTree(volume: Volume, id: bigint): Promise<TreeRoot> {
  const tree = await findTree(volume, id)
  if (tree === undefined) throw raise('BTRFS_NO_SUCH_TREE', { tree: String(id), source: volume.source.name })
  return tree
}

/** Throws BTRFS_NO_SUCH_SUBVOLUME for what is none, or is being deleted. */
export async function openSubvolume(volume: Volume, id: bigint): Promise<SubvolumeTree> {
  const found = isSubvolumeId(id) ? await rootItem(volume, id) : undefined
  if (found === undefined || found.raw.references === 0)
    throw raise('BTRFS_NO_SUCH_SUBVOLUME', { subvolume: String(id), source: volume.source.name })
  const { tree, raw } = found
  return {
    tree,
    rootDirectory: raw.rootDirectory,
    isReadOnly: (raw.flags & READ_ONLY_FLAG) !== 0n,
  }
}

async function rootItem(volume: Volume, id: bigint) {
  const { rootTree, sectorSize } = volume.geometry
  // A snapshot's key has the transaction that made it as its offset.
  const last = { objectId: id, type: KEY.rootItem, offset: MOST_U64 }
  const item = await findBefore(volume, rootTree, last, ROOT_ITEM.name)
  if (item === undefined || item.key.objectId !== id || item.key.type !== KEY.rootItem) return undefined
  const raw = ROOT_ITEM.read(item.data.bytes, item.data.base)
  if (raw.place % sectorSize !== 0)
    throw badField(item.data, 176, 'bytenr', raw.place, 'a multiple of a sector')
  if (raw.level > 7) throw badField(item.data, 238, 'level', raw.level, 'at most 7')
  if (isSubvolumeId(id) && raw.rootDirectory !== FIRST_FREE_OBJECT && raw.references !== 0)
    throw badField(item.data, 168, 'root_dirid', raw.rootDirectory, FIRST_FREE_OBJECT)
  const { place, level, generation } = raw
  return { raw, tree: { id, place, level, generation } }
}

/** Where the subvolume hangs in another; undefined where that does not have it (any more). */
export async function findReference(
  volume: Volume,
  parent: bigint,
  child: bigint,
): Promise<RootReference | undefined> {
  const key = { objectId: parent, type: KEY.rootReference, offset: child }
  const item = await findItem(volume, volume.geometry.rootTree, key, REFERENCE)
  return item && readReference(item)
}

function readReference(item: Cursor): RootReference {
  const length = item.u16le(16)
  if (length < 1 || length > 255 || item.length !== 18 + length)
    throw badField(item, 16, 'name_len', length, item.length - 18)
  return { directory: item.u64le(0), name: item.slice(18, length) }
}

export type PlacedSubvolume = Readonly<{ id: bigint; parent: bigint; reference: RootReference }>

/** Every subvolume but the top level, by the reference back to the one that it is in. Throws BTRFS_TOO_MANY. */
export async function placedSubvolumes(
  volume: Volume,
  signal?: AbortSignal,
): Promise<readonly PlacedSubvolume[]> {
  const placed: PlacedSubvolume[] = []
  const first = { objectId: FIRST_FREE_OBJECT, type: 0, offset: 0n }
  const last = { objectId: MOST_U64, type: 255, offset: MOST_U64 }
  const all = walkItems(volume, volume.geometry.rootTree, first, last, REFERENCE, signal)
  for await (const { key, data } of all) {
    if (key.type !== KEY.rootBackReference || !isSubvolumeId(key.objectId)) continue
    placed.push({ id: key.objectId, parent: key.offset, reference: readReference(data) })
    if (placed.length > MOST_SUBVOLUMES) {
      const things = { limit: MOST_SUBVOLUMES, things: 'subvolumes' }
      throw raise('BTRFS_TOO_MANY', { structure: 'the root tree', ...things })
    }
  }
  return placed
}

/** The subvolume that is mounted where nobody names one (btrfs subvolume set-default): by default the top level. */
export async function defaultSubvolume(volume: Volume): Promise<bigint> {
  const { rootTree, rootDirectory } = volume.geometry
  const name = new TextEncoder().encode('default')
  const entry = await lookupPlain(volume, rootTree, rootDirectory, name)
  if (entry === undefined) return TREE.filesystem
  const { objectId, type } = entry.location
  return type === KEY.rootItem && isSubvolumeId(objectId) ? objectId : TREE.filesystem
}
