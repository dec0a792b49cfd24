import type { Cursor } from '../../bytes/index.ts'
import { ACL_UNDEFINED_ID, XattrList } from '../filesystem/index.ts'
import type { Xattr } from '../filesystem/index.ts'
import { attributeLeaves, readRemoteValue } from './attribute-blocks.ts'
import { readMappings } from './extent-map.ts'
import type { Inode } from './inode.ts'
import { badField } from './volume.ts'
import type { Volume } from './volume.ts'

/** xfs_da_format.h: XFS_ATTR_… */
const FLAGS = { local: 0x1, root: 0x2, secure: 0x4, parent: 0x8, incomplete: 0x80 } as const

/** Access control lists are attributes of root in a form of XFS (xfs_acl.h), and shown in both forms. */
const ACLS: Readonly<Record<string, 'access' | 'default'>> = {
  SGI_ACL_FILE: 'access',
  SGI_ACL_DEFAULT: 'default',
}
const ACL_ENTRY_BYTES = 12

/** Of an inode: in its attribute fork, in leaves below it, or in blocks of their own. */
export async function xattrsOf(
  volume: Volume,
  inode: Inode,
  signal?: AbortSignal,
): Promise<readonly Xattr[]> {
  const list = new XattrList(BigInt(inode.number))
  const fork = inode.attributes
  if (fork === undefined || fork.format === 'device') return list.all
  if (fork.format === 'local') {
    for (const { flags, name, value } of shortForm(fork.cursor)) add(list, fork.cursor, flags, name, value)
    return list.all
  }
  const mappings = await readMappings(volume, inode.number, fork, signal)
  if (mappings.length === 0) return list.all
  for await (const { leaf, entries } of attributeLeaves(volume, inode.number, mappings, signal)) {
    for (const { flags, at } of entries) {
      if ((flags & (FLAGS.incomplete | FLAGS.parent)) !== 0) continue
      if ((flags & FLAGS.local) !== 0) {
        // xfs_attr_leaf_name_local
        const valueBytes = leaf.u16be(at)
        const nameBytes = leaf.u8(at + 2)
        const value = leaf.slice(at + 3 + nameBytes, valueBytes)
        add(list, leaf, flags, leaf.slice(at + 3, nameBytes), value)
        continue
      }
      // xfs_attr_leaf_name_remote
      const [block, valueBytes, nameBytes] = [leaf.u32be(at), leaf.u32be(at + 4), leaf.u8(at + 8)]
      const name = leaf.slice(at + 9, nameBytes)
      list.reserve(nameBytes, valueBytes)
      const where = { inode: inode.number, mappings, firstBlock: block, valueBytes, leaf }
      put(list, leaf, flags, name, await readRemoteValue(volume, where, signal))
    }
  }
  return list.all
}

/** xfs_attr_sf_hdr: all of them in the inode. */
function* shortForm(
  cursor: Cursor,
): Generator<Readonly<{ flags: number; name: Uint8Array; value: Uint8Array }>, void, undefined> {
  const count = cursor.u8(2)
  for (let index = 0, at = 4; index < count; index += 1) {
    const [nameBytes, valueBytes, flags] = [cursor.u8(at), cursor.u8(at + 1), cursor.u8(at + 2)]
    const name = cursor.slice(at + 3, nameBytes)
    const value = cursor.slice(at + 3 + nameBytes, valueBytes)
    if ((flags & (FLAGS.incomplete | FLAGS.parent)) === 0) yield { flags, name, value }
    at += 3 + nameBytes + valueBytes
  }
}

function add(list: XattrList, cursor: Cursor, flags: number, name: Uint8Array, value: Uint8Array): void {
  list.reserve(name.length, value.length)
  put(list, cursor, flags, name, value)
}

/** xfs_xattr_put_listent */
function put(list: XattrList, cursor: Cursor, flags: number, name: Uint8Array, value: Uint8Array): void {
  const isRoot = (flags & FLAGS.root) !== 0
  const acl = isRoot ? ACLS[new TextDecoder().decode(name)] : undefined
  if (acl !== undefined) list.addAcl(acl, aclOf(cursor, value))
  list.add(isRoot ? 'trusted.' : (flags & FLAGS.secure) !== 0 ? 'security.' : 'user.', name, value)
}

/** A count, and entries of a tag, an id, permissions and two bytes of nothing. */
function aclOf(
  cursor: Cursor,
  value: Uint8Array,
): readonly Readonly<{ tag: number; permissions: number; id: number }>[] {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
  const count = value.length < 4 ? -1 : view.getUint32(0, false)
  const room = Math.floor((value.length - 4) / ACL_ENTRY_BYTES)
  if (count < 0 || count > room)
    throw badField(cursor, 0, 'the entries of an access control list', count, `at most ${Math.max(0, room)}`)
  return Array.from({ length: count }, (_, index) => {
    const at = 4 + index * ACL_ENTRY_BYTES
    const tag = view.getUint32(at, false)
    const isNamed = tag === 0x02 || tag === 0x08
    return {
      tag,
      permissions: view.getUint16(at + 8, false),
      id: isNamed ? view.getUint32(at + 4, false) : ACL_UNDEFINED_ID,
    }
  })
}
