import type { Cursor } from '../../bytes/index.ts'
import type { NodeId, NodeKind, NodeStat } from '../filesystem/index.ts'
import { toSafe } from '../../bytes/index.ts'
import { badField } from './errors.ts'
import { NO_FRAGMENT, NO_XATTRS } from './layout.ts'
import { MetadataStream } from './metadata.ts'
import { idAt } from './tables.ts'
import type { Volume } from './volume.ts'

export const INODE = 'an inode (squashfs_inode)'

/** By the number on the disk; 8 to 14 are the same with more fields. */
const KINDS: readonly NodeKind[] = [
  'unknown',
  'directory',
  'file',
  'symlink',
  'block device',
  'character device',
  'fifo',
  'socket',
]

/** Bytes of each kind's fields behind the common ones; what varies in length follows. */
const BASIC_BYTES = [0, 16, 16, 8, 8, 8, 4, 4] as const
const EXTENDED_BYTES = [0, 24, 40, 8, 12, 12, 8, 8] as const

const LONGEST_TARGET = 4096

export type Inode = Readonly<{ stat: NodeStat; xattrs: number }> &
  Readonly<
    | { what: 'directory'; listing: Listing }
    | { what: 'file'; content: Content }
    | { what: 'symlink'; target: Uint8Array }
    | { what: 'other' }
  >

/** Where the entries of a directory are. */
export type Listing = Readonly<{
  blockBytes: number
  offset: number
  lengthBytes: number
  /** Entries of the index behind the inode; 0 where there is none. */
  indexed: number
}>

export type Content = Readonly<{
  startBytes: number
  /** How many words stand in the list of blocks behind the inode. */
  blocks: number
  fragment: number | undefined
  fragmentOffset: number
}>

export function kindOfType(type: number): NodeKind | undefined {
  const kind = KINDS[type]
  return type === 0 ? undefined : kind
}

/** An inode's reference: the place of its metadata block in the table, and its byte in it. */
export async function openInode(volume: Volume, id: NodeId): Promise<MetadataStream> {
  const reference = toSafe(id, 'a reference to an inode')
  const block = Math.floor(reference / 65_536)
  return MetadataStream.open(volume, INODE, volume.geometry.inodeTable + block, reference % 65_536)
}

/** Reads one inode; what varies in length (blocks, index) is left for whoever needs it. */
export async function readInode(volume: Volume, id: NodeId): Promise<Inode> {
  return parseInode(volume, id, await openInode(volume, id))
}

/** As `readInode`, and leaves the stream at what varies in length. */
export async function parseInode(volume: Volume, id: NodeId, stream: MetadataStream): Promise<Inode> {
  const head = await stream.take(16)
  const type = head.u16le(0)
  const isExtended = type > 7
  const basic = isExtended ? type - 7 : type
  const kind = kindOfType(basic)
  if (kind === undefined) throw badField(INODE, stream.base, 'inode_type', type, '1 to 14')
  const fields = await stream.take((isExtended ? EXTENDED_BYTES : BASIC_BYTES)[basic] ?? 0)
  const common = {
    id,
    kind,
    mode: head.u16le(2) & 0o7777,
    uid: await idAt(volume, head.u16le(4)),
    gid: await idAt(volume, head.u16le(6)),
    modifiedNs: BigInt(head.u32le(8)) * 1_000_000_000n,
    immutable: false,
  }
  if (kind === 'directory') return directory(common, fields, isExtended)
  if (kind === 'file') return file(volume, common, fields, isExtended)
  const links = fields.u32le(0)
  if (kind === 'symlink') {
    const sizeBytes = fields.u32le(4)
    if (sizeBytes > LONGEST_TARGET)
      throw badField(INODE, stream.base, 'symlink_size', sizeBytes, `at most ${LONGEST_TARGET}`)
    const target = new Uint8Array((await stream.take(sizeBytes)).bytes)
    const xattrs = isExtended ? (await stream.take(4)).u32le(0) : NO_XATTRS
    const stat = { ...common, sizeBytes, links, hasXattrs: xattrs !== NO_XATTRS }
    return { stat, xattrs, what: 'symlink', target }
  }
  const isDevice = basic < 6
  const xattrs = isExtended ? fields.u32le(isDevice ? 8 : 4) : NO_XATTRS
  const device = isDevice ? { device: deviceOf(fields.u32le(4)) } : {}
  const stat = { ...common, sizeBytes: 0, links, hasXattrs: xattrs !== NO_XATTRS, ...device }
  return { stat, xattrs, what: 'other' }
}

type Common = Omit<NodeStat, 'sizeBytes' | 'links' | 'hasXattrs'>

/** squashfs_dir_inode, squashfs_ldir_inode. The size counts three bytes for `.` and `..`, which are not there. */
function directory(common: Common, fields: Cursor, isExtended: boolean): Inode {
  const sizeBytes = isExtended ? fields.u32le(4) : fields.u16le(8)
  const xattrs = isExtended ? fields.u32le(20) : NO_XATTRS
  return {
    stat: {
      ...common,
      sizeBytes,
      links: isExtended ? fields.u32le(0) : fields.u32le(4),
      hasXattrs: xattrs !== NO_XATTRS,
    },
    xattrs,
    what: 'directory',
    listing: {
      blockBytes: isExtended ? fields.u32le(8) : fields.u32le(0),
      offset: isExtended ? fields.u16le(18) : fields.u16le(10),
      lengthBytes: Math.max(0, sizeBytes - 3),
      indexed: isExtended ? fields.u16le(16) : 0,
    },
  }
}

/** squashfs_reg_inode, squashfs_lreg_inode. */
function file({ geometry }: Volume, common: Common, fields: Cursor, isExtended: boolean): Inode {
  const sizeBytes = isExtended ? fields.safe64le(8) : fields.u32le(12)
  const fragmentAt = isExtended ? 28 : 4
  const fragment = fields.u32le(fragmentAt)
  const xattrs = isExtended ? fields.u32le(36) : NO_XATTRS
  const whole = Math.floor(sizeBytes / geometry.blockSize)
  const hasTail = sizeBytes % geometry.blockSize > 0
  const isInFragment = fragment !== NO_FRAGMENT && hasTail
  return {
    stat: {
      ...common,
      sizeBytes,
      links: isExtended ? fields.u32le(24) : 1,
      hasXattrs: xattrs !== NO_XATTRS,
    },
    xattrs,
    what: 'file',
    content: {
      startBytes: isExtended ? fields.safe64le(0) : fields.u32le(0),
      blocks: whole + (hasTail && !isInFragment ? 1 : 0),
      fragment: isInFragment ? fragment : undefined,
      fragmentOffset: fields.u32le(fragmentAt + 4),
    },
  }
}

/** new_decode_dev of Linux. */
function deviceOf(word: number): Readonly<{ major: number; minor: number }> {
  return { major: (word >>> 8) & 0xfff, minor: (word & 0xff) | ((word >>> 12) & 0xf_ff00) }
}
