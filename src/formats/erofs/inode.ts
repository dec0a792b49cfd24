import type { Cursor } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import type { NodeKind, NodeStat } from '../filesystem/index.ts'
import { badField } from './errors.ts'
import { CHUNK, COMPACT_BYTES, EXTENDED_BYTES, INODE_COMPACT, INODE_EXTENDED, LAYOUTS } from './layout.ts'
import type { Layout } from './layout.ts'
import { readMeta } from './volume.ts'
import type { Volume } from './volume.ts'

const NS = 1_000_000_000n
/** EROFS_I_ALL: version, layout, and one bit more. */
const FORMAT_BITS = 0x1f
const ONE_LINK = 0x10

/** stat(2), S_IFMT. */
const KINDS: Readonly<Record<number, NodeKind>> = {
  1: 'fifo',
  2: 'character device',
  4: 'directory',
  6: 'block device',
  8: 'file',
  10: 'symlink',
  12: 'socket',
}

export type Inode = Readonly<{
  nid: bigint
  stat: NodeStat
  layout: Layout
  meta: ByteSource
  /** Where it begins in `meta`, and where what follows inode and attributes does. */
  at: number
  bodyAt: number
  xattrsAt: number
  xattrBytes: number
  /** Of the content; undefined for a hole. */
  startBlock: number | undefined
  /** Of `chunks`. */
  chunkFormat: number
}>

/** Reads and checks one inode. */
export async function readInode(volume: Volume, nid: bigint, signal?: AbortSignal): Promise<Inode> {
  const { meta, at } = await volume.placeOf(nid)
  const first = await readMeta(meta, at, COMPACT_BYTES, INODE_COMPACT.name, signal)
  const format = first.u16le(0)
  const layout = LAYOUTS[(format >>> 1) & 7]
  if (format > FORMAT_BITS || layout === undefined)
    throw badField(first, 0, 'i_format', `0x${format.toString(16)}`, 'one that is known')
  const isExtended = (format & 1) === 1
  const size = isExtended ? EXTENDED_BYTES : COMPACT_BYTES
  const cursor = isExtended ? await readMeta(meta, at, size, INODE_EXTENDED.name, signal) : first
  const fields = isExtended ? extended(cursor) : compact(volume, cursor, (format & ONE_LINK) !== 0)
  const { mode, place, high, ...more } = fields
  const kind = KINDS[mode >>> 12]
  if (kind === undefined) throw badField(cursor, 4, 'i_mode', `0o${mode.toString(8)}`, 'a kind of file')
  // erofs_xattr_ibody_size
  const count = cursor.u16le(2)
  const xattrBytes = count === 0 ? 0 : 12 + (count - 1) * 4
  if (layout === 'chunks' && (place & 0xffff) > CHUNK.all)
    throw badField(cursor, 16, 'the form of its chunks', place & 0xffff, `at most ${CHUNK.all}`)
  return {
    nid,
    stat: {
      id: nid,
      kind,
      mode: mode & 0o7777,
      immutable: false,
      hasXattrs: count > 1,
      ...more,
      ...(kind === 'character device' || kind === 'block device' ? { device: deviceOf(place) } : {}),
    },
    layout,
    meta,
    at,
    xattrsAt: at + size,
    xattrBytes,
    bodyAt: at + size + xattrBytes,
    startBlock: startBlockOf(place, high),
    chunkFormat: place & 0xffff,
  }
}

type Fields = Pick<NodeStat, 'sizeBytes' | 'uid' | 'gid' | 'links' | 'modifiedNs'> &
  Readonly<{ mode: number; place: number; high: number | undefined }>

function compact({ geometry }: Volume, cursor: Cursor, hasOneLink: boolean): Fields {
  const raw = INODE_COMPACT.read(cursor.bytes, cursor.base)
  // The bit means something else for directories, which always tell.
  const isOne = hasOneLink && raw.mode >>> 12 !== 4
  return {
    mode: raw.mode,
    sizeBytes: raw.size,
    uid: raw.uid,
    gid: raw.gid,
    links: isOne ? 1 : raw.linksOrHigh,
    modifiedNs: (geometry.epoch + BigInt(raw.modified)) * NS + BigInt(geometry.fixedNs),
    place: raw.place,
    high: isOne ? raw.linksOrHigh : undefined,
  }
}

function extended(cursor: Cursor): Fields {
  const raw = INODE_EXTENDED.read(cursor.bytes, cursor.base)
  return {
    mode: raw.mode,
    sizeBytes: raw.size,
    uid: raw.uid,
    gid: raw.gid,
    links: raw.links,
    modifiedNs: BigInt.asIntN(64, raw.modified) * NS + BigInt(raw.modifiedNs),
    place: raw.place,
    high: raw.high,
  }
}

/** All ones: the content is a hole. */
function startBlockOf(place: number, high: number | undefined): number | undefined {
  if (place === 0xffff_ffff && (high === undefined || high === 0xffff)) return undefined
  return place + (high ?? 0) * 2 ** 32
}

/** new_decode_dev of Linux. */
function deviceOf(word: number): Readonly<{ major: number; minor: number }> {
  return { major: (word >>> 8) & 0xfff, minor: (word & 0xff) | ((word >>> 12) & 0xf_ff00) }
}
