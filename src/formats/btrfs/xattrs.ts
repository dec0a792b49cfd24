import { XattrList } from '../filesystem/index.ts'
import type { Xattr } from '../filesystem/index.ts'
import { readDirItems } from './directory-item.ts'
import type { Inode } from './inode.ts'
import { KEY } from './layout.ts'
import { walkObject } from './tree-walk.ts'
import type { Volume } from './volume.ts'

const STRUCTURE = 'an extended attribute (btrfs_dir_item)'

/** Of an inode: names with their name space, and values, as the system calls have them; also access control lists. */
export async function xattrsOf(
  volume: Volume,
  { id, place, subvolume }: Inode,
  signal?: AbortSignal,
): Promise<readonly Xattr[]> {
  const list = new XattrList(id)
  const items = walkObject(volume, subvolume.tree, place.inode, KEY.xattrItem, STRUCTURE, signal)
  for await (const { data } of items) {
    for (const { name, value } of readDirItems(data)) {
      list.reserve(name.length, value.length)
      list.add('', name, value)
    }
  }
  return list.all
}

export async function hasXattrs(
  volume: Volume,
  { place, subvolume }: Inode,
  signal?: AbortSignal,
): Promise<boolean> {
  const items = walkObject(volume, subvolume.tree, place.inode, KEY.xattrItem, STRUCTURE, signal)
  for await (const _ of items) return true
  return false
}
