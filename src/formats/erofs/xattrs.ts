import { XattrList } from '../filesystem/index.ts'
import type { Xattr } from '../filesystem/index.ts'
import type { ByteSource, Cursor } from '../../bytes/index.ts'
import { badField } from './errors.ts'
import { COMPAT } from './features.ts'
import type { Inode } from './inode.ts'
import { readMeta } from './volume.ts'
import type { Volume } from './volume.ts'

const ENTRY = 'an extended attribute (erofs_xattr_entry)'
const HEADER = 'the attributes of an inode (erofs_xattr_ibody_header)'
const HEADER_BYTES = 12
const LONG_PREFIX = 0x80

/** EROFS_XATTR_INDEX_…; Linux shows no others. */
const PREFIXES: Readonly<Record<number, string>> = {
  1: 'user.',
  2: 'system.posix_acl_access',
  3: 'system.posix_acl_default',
  4: 'trusted.',
  6: 'security.',
}

/** What stands between the name space and the rest of a name: `overlay.`, kept once for all of them. */
type LongPrefix = Readonly<{ base: number; infix: Uint8Array }>

/** The attributes behind an inode, and those that inodes share. Access control lists are kept in the form of the system calls. */
export class Xattrs {
  readonly #volume: Volume
  #prefixes: Promise<readonly LongPrefix[]> | undefined

  constructor(volume: Volume) {
    this.#volume = volume
  }

  async of(inode: Inode, signal?: AbortSignal): Promise<readonly Xattr[]> {
    const list = new XattrList(inode.nid)
    const { meta, xattrsAt, xattrBytes } = inode
    if (xattrBytes <= HEADER_BYTES) return list.all
    const head = await readMeta(meta, xattrsAt, xattrBytes, HEADER, signal)
    const shared = head.u8(4)
    const inlineAt = HEADER_BYTES + shared * 4
    if (inlineAt > xattrBytes) throw badField(head, 4, 'h_shared_count', shared, 'what fits')
    for (let at = inlineAt; at < xattrBytes;) {
      const length = align(4 + head.u8(at) + head.u16le(at + 2))
      if (at + length > xattrBytes) throw badField(head, at, 'the length of an attribute', length, 'less')
      await this.#add(list, head.sub(at, length, ENTRY), signal)
      at += length
    }
    const { geometry } = this.#volume
    const isInMetabox = (geometry.compat & COMPAT.sharedXattrsInMetabox) !== 0
    const source = isInMetabox ? await this.#volume.metabox() : this.#volume.near
    for (let index = 0; index < shared; index += 1) {
      const at = geometry.xattrBytes + head.u32le(HEADER_BYTES + index * 4) * 4
      const first = await readMeta(source, at, 4, ENTRY, signal)
      const length = 4 + first.u8(0) + first.u16le(2)
      await this.#add(list, await readMeta(source, at, length, ENTRY, signal), signal)
    }
    return list.all
  }

  async #add(list: XattrList, entry: Cursor, signal?: AbortSignal): Promise<void> {
    const [nameBytes, index, valueBytes] = [entry.u8(0), entry.u8(1), entry.u16le(2)]
    let [base, infix]: [number, Uint8Array] = [index, new Uint8Array(0)]
    if ((index & LONG_PREFIX) !== 0) {
      this.#prefixes ??= readPrefixes(this.#volume, signal)
      const prefix = (await this.#prefixes)[index & ~LONG_PREFIX]
      // As Linux: what has no prefix is not shown.
      if (prefix === undefined) return
      ;({ base, infix } = prefix)
    }
    const space = PREFIXES[base]
    if (space === undefined) return
    list.reserve(infix.length + nameBytes, valueBytes)
    const name = new Uint8Array(infix.length + nameBytes)
    name.set(infix)
    name.set(entry.slice(4, nameBytes), infix.length)
    list.add(space, name, entry.slice(4 + nameBytes, valueBytes))
  }
}

/** In the image itself, in the metabox or in the packed inode: a length of two bytes before each, aligned to four. */
async function readPrefixes(volume: Volume, signal?: AbortSignal): Promise<readonly LongPrefix[]> {
  const { xattrPrefixes, compat, metaboxNid, packedNid } = volume.geometry
  const source: ByteSource =
    (compat & COMPAT.plainXattrPrefixes) !== 0 || (metaboxNid === undefined && packedNid === undefined)
      ? volume.near
      : metaboxNid === undefined
        ? await volume.packed()
        : await volume.metabox()
  const structure = 'a prefix of attributes (erofs_xattr_long_prefix)'
  const prefixes: LongPrefix[] = []
  let at = xattrPrefixes.startBytes
  for (let index = 0; index < xattrPrefixes.count; index += 1) {
    const length = (await readMeta(source, at, 2, structure, signal)).u16le(0)
    const item = await readMeta(source, at + 2, length, structure, signal)
    if (length < 1 || length > 256) throw badField(item, -2, 'its length', length, '1 to 256')
    prefixes.push({ base: item.u8(0), infix: new Uint8Array(item.slice(1, length - 1)) })
    at = align(at + 2 + length)
  }
  return prefixes
}

function align(value: number): number {
  return Math.ceil(value / 4) * 4
}
