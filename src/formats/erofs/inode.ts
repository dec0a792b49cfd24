import type { Cursor } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import type { NodeKind, NodeStat } from '../filesystem/index.ts'
import { badField } from './errors.ts'
import { CHUNK, COMPACT_BYTES, EXTENDED_BYTES, LAYOUTS } from './layout.ts'
import type { Layout } from './layout.ts'
import { readMeta } from './volume.ts'
import type { Volume } from './volume.ts'

const STRUCTURE = 'an inode (erofs_inode)'
const NS = 1_000_000_000n
/** EROFS_I_ALL: version, layout, and one bit more. */
const FORMAT_BITS = 0x1f
const ONE_LINK = 0x10
const MOST_INODES = 256

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

/** Reads and checks one inode. Those of a moment ago are kept: who asks for one asks again. */
export async function readInode(volume: Volume, nid: bigint, signal?: AbortSignal): Promise<Inode> {
  const known = volume.inodes.get(nid)
  if (known !== undefined) return known
  const inode = await parseInode(volume, nid, signal)
  volume.inodes.set(nid, inode)
  if (volume.inodes.size > MOST_INODES) {
    const [oldest] = volume.inodes.keys()
    if (oldest !== undefined) volume.inodes.delete(oldest)
  }
  return inode
}

async function parseInode(volume: Volume, nid: bigint, signal?: AbortSignal): Promise<Inode> {
  const { meta, at } = await volume.placeOf(nid)
  const first = await readMeta(meta, at, COMPACT_BYTES, STRUCTURE, signal)
  const format = first.u16le(0)
  const layout = LAYOUTS[(format >>> 1) & 7]
  if (format > FORMAT_BITS || layout === undefined)
    throw badField(first, 0, 'i_format', `0x${format.toString(16)}`, 'one that is known')
  const isExtended = (format & 1) === 1
  const size = isExtended ? EXTENDED_BYTES : COMPACT_BYTES
  const cursor = isExtended ? await readMeta(meta, at, size, STRUCTURE, signal) : first
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

/** By hand, as all of these are read: a table of fields would take longer than the work. */
function compact({ geometry }: Volume, cursor: Cursor, hasOneLink: boolean): Fields {
  const mode = cursor.u16le(4)
  const linksOrHigh = cursor.u16le(6)
  // The bit means something else for directories, which always tell.
  const isOne = hasOneLink && mode >>> 12 !== 4
  return {
    mode,
    sizeBytes: cursor.u32le(8),
    uid: cursor.u16le(24),
    gid: cursor.u16le(26),
    links: isOne ? 1 : linksOrHigh,
    modifiedNs: (geometry.epoch + BigInt(cursor.u32le(12))) * NS + BigInt(geometry.fixedNs),
    place: cursor.u32le(16),
    high: isOne ? linksOrHigh : undefined,
  }
}

function extended(cursor: Cursor): Fields {
  return {
    mode: cursor.u16le(4),
    sizeBytes: cursor.safe64le(8),
    uid: cursor.u32le(24),
    gid: cursor.u32le(28),
    links: cursor.u32le(44),
    modifiedNs: BigInt.asIntN(64, cursor.u64le(32)) * NS + BigInt(cursor.u32le(40)),
    place: cursor.u32le(16),
    high: cursor.u16le(6),
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
