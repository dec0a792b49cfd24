import { crc32cRaw } from '../../bytes/index.ts'
import type { Cursor } from '../../bytes/index.ts'
import { equal } from './checksum.ts'
import { badField } from './damage.ts'
import { decodeKey } from './key.ts'
import type { Key } from './key.ts'
import { DIR_ITEM_BYTES, KEY } from './layout.ts'
import { findItem } from './tree-walk.ts'
import type { TreeRoot } from './tree-walk.ts'
import type { Volume } from './volume.ts'

/** One entry of a btrfs_dir_item: of a directory, or an extended attribute. */
export type DirItem = Readonly<{
  /** Key of an inode in the same tree, or of another subvolume. */
  location: Key
  /** BTRFS_FT_… */
  type: number
  name: Uint8Array
  /** The value of an extended attribute. */
  value: Uint8Array
}>

const STRUCTURE = 'a directory entry (btrfs_dir_item)'
const LONGEST_NAME = 255

/** Names with one hash lie in one item, one behind the other. */
export function readDirItems(item: Cursor): readonly DirItem[] {
  const entries: DirItem[] = []
  for (let at = 0; at < item.length;) {
    const valueBytes = item.u16le(at + 25)
    const nameBytes = item.u16le(at + 27)
    if (nameBytes < 1 || nameBytes > LONGEST_NAME)
      throw badField(item, at + 27, 'name_len', nameBytes, `1 to ${LONGEST_NAME}`)
    entries.push({
      location: decodeKey(item, at),
      type: item.u8(at + 29),
      name: item.slice(at + DIR_ITEM_BYTES, nameBytes),
      value: item.slice(at + DIR_ITEM_BYTES + nameBytes, valueBytes),
    })
    at += DIR_ITEM_BYTES + nameBytes + valueBytes
  }
  return entries
}

/** An entry of a directory, by the hash of its name (btrfs_name_hash); undefined where there is none. */
export async function lookupPlain(
  volume: Volume,
  tree: TreeRoot,
  directory: bigint,
  name: Uint8Array,
): Promise<DirItem | undefined> {
  const hash = crc32cRaw(~1, name)
  const key = { objectId: directory, type: KEY.dirItem, offset: BigInt(hash >>> 0) }
  const item = await findItem(volume, tree, key, STRUCTURE)
  return item && readDirItems(item).find((entry) => equal(entry.name, name))
}
