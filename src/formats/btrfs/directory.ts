import { kindOfEntryType } from '../filesystem/index.ts'
import type { DirectoryEntry, NodeId } from '../filesystem/index.ts'
import { equal } from './checksum.ts'
import { badField } from './damage.ts'
import { lookupPlain, readDirItems } from './directory-item.ts'
import type { DirItem } from './directory-item.ts'
import type { Inode } from './inode.ts'
import { isSubvolumeId, KEY } from './layout.ts'
import { nodeIdOf, PLACEHOLDER_INODE } from './node-id.ts'
import { findReference, openSubvolume } from './subvolumes.ts'
import { walkObject } from './tree-walk.ts'
import type { Volume } from './volume.ts'

const STRUCTURE = 'a directory entry (btrfs_dir_item)'

/** Entries in the order in which they were made: by DIR_INDEX. */
export async function* listDirectory(
  volume: Volume,
  directory: Inode,
  signal?: AbortSignal,
): AsyncGenerator<DirectoryEntry, void, undefined> {
  const { place, subvolume } = directory
  const items = walkObject(volume, subvolume.tree, place.inode, KEY.dirIndex, STRUCTURE, signal)
  for await (const { data } of items) {
    const [entry, another] = readDirItems(data)
    if (entry === undefined || another !== undefined)
      throw badField(data, 0, 'an entry by index', another === undefined ? 'none' : 'several', 'one')
    // What no path can name: verify_dirent_name of the kernel gives up there, too.
    if (entry.name.includes(0x2f) || entry.name.includes(0))
      throw badField(data, 30, 'a name', JSON.stringify(textOf(entry.name)), 'one without / and NUL')
    yield await entryOf(volume, directory, entry)
  }
}

/** By DIR_ITEM, whose key has the hash of the name. */
export async function lookupEntry(
  volume: Volume,
  directory: Inode,
  name: Uint8Array,
): Promise<DirectoryEntry | undefined> {
  const { place, subvolume } = directory
  if (name.length === 0 || name.length > 255) return undefined
  const found = await lookupPlain(volume, subvolume.tree, place.inode, name)
  return found && entryOf(volume, directory, found)
}

async function entryOf(volume: Volume, directory: Inode, entry: DirItem): Promise<DirectoryEntry> {
  const nameBytes = new Uint8Array(entry.name)
  return {
    name: textOf(nameBytes),
    nameBytes,
    id: await leadsTo(volume, directory, entry),
    kind: kindOfEntryType(entry.type),
  }
}

/** As btrfs_lookup_dentry does. */
async function leadsTo(volume: Volume, { place }: Inode, entry: DirItem): Promise<NodeId> {
  const { objectId, type } = entry.location
  if (type === KEY.inodeItem) return nodeIdOf({ tree: place.tree, inode: objectId })
  const damaged = { structure: STRUCTURE, base: 0 }
  if (type !== KEY.rootItem || !isSubvolumeId(objectId))
    throw badField(damaged, 8, 'what an entry leads to', `${objectId} ${type}`, 'an inode or a subvolume')
  const reference = await findReference(volume, place.tree, objectId)
  const isHere = reference?.directory === place.inode && equal(reference.name, entry.name)
  if (!isHere) return nodeIdOf({ tree: place.tree, inode: PLACEHOLDER_INODE, placeholder: place.inode })
  const { rootDirectory } = await openSubvolume(volume, objectId)
  return nodeIdOf({ tree: objectId, inode: rootDirectory })
}

function textOf(name: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(name)
}
