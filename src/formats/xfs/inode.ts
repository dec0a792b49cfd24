import type { Cursor, Values } from '../../bytes/index.ts'
import type { NodeKind, NodeStat } from '../filesystem/index.ts'
import { raise } from './errors.ts'
import { INODE, INODE_CRC_AT, INODE_MAGIC, INODE_V2_SIZE, INODE_V3_SIZE } from './layout.ts'
import { badField, badMagic, blocksOfGroup, byteOfGroupBlock, readMeta, verifySelf } from './volume.ts'
import type { Volume } from './volume.ts'

const FORMATS = ['device', 'local', 'extents', 'btree'] as const
export type ForkFormat = (typeof FORMATS)[number]

const FLAG_REALTIME = 0x1
const FLAG_IMMUTABLE = 0x8
const ATTRIBUTE_PARENT = 0x8
const FLAG2_BIGTIME = 0x8n
const FLAG2_NREXT64 = 0x10n

/** `bigtime` counts nanoseconds from the smallest 32-bit time (xfs_format.h, XFS_BIGTIME_EPOCH_OFFSET). */
const BIGTIME_EPOCH_NS = -(2n ** 31n) * 1_000_000_000n

/** A fork as it stands in the inode: its bytes and how many extents it should have. */
export type Fork = Readonly<{ format: ForkFormat; cursor: Cursor; extents: number }>

export type Inode = Readonly<{
  number: number
  stat: NodeStat
  realtime: boolean
  data: Fork
  /** Undefined where the inode has no room for attributes. */
  attributes: Fork | undefined
}>

/** Reads and checks one inode. Throws XFS_NO_SUCH_INODE for a number that cannot be one, and for a free inode. */
export async function readInode(volume: Volume, number: number, signal?: AbortSignal): Promise<Inode> {
  const { geometry } = volume
  const base = byteOfInode(volume, number)
  if (base === undefined) {
    throw raise('XFS_NO_SUCH_INODE', { inode: number, state: 'the number is not one of this file system' })
  }
  const cursor = await readMeta(volume, base, geometry.inodeSize, INODE.name, signal)
  const raw = INODE.read(cursor.bytes, base)
  if (raw.magic !== INODE_MAGIC) throw badMagic(cursor, raw.magic, INODE_MAGIC)
  const v3 = raw.version === 3
  if (v3 !== geometry.v5 || raw.version < 1 || raw.version > 3) {
    throw badField(cursor, 4, 'di_version', raw.version, geometry.v5 ? '3' : '1 or 2')
  }
  verifySelf(volume, cursor, { crcAt: INODE_CRC_AT, uuidAt: 160, ownerAt: 152 }, number)
  if (raw.mode === 0) throw raise('XFS_NO_SUCH_INODE', { inode: number, state: 'it is free' })
  return parse(volume, cursor, raw, number)
}

/** Where an inode lies in the source, in bytes; undefined where the number is none of this file system. */
export function byteOfInode({ geometry }: Volume, number: number): number | undefined {
  const block = Math.floor(number / geometry.inodesPerBlock)
  const group = Math.floor(block / geometry.agStride)
  const within = block - group * geometry.agStride
  if (group >= geometry.agCount || within >= blocksOfGroup(geometry, group) || number <= 0) return undefined
  return byteOfGroupBlock(geometry, group, within) + (number % geometry.inodesPerBlock) * geometry.inodeSize
}

type Raw = Values<typeof INODE.fields>

function parse(volume: Volume, cursor: Cursor, raw: Raw, number: number): Inode {
  const v3 = raw.version === 3
  const flags2 = v3 ? cursor.u64be(120) : 0n
  const large = (flags2 & FLAG2_NREXT64) !== 0n
  const kind = kindOf(cursor, raw.mode)
  if (raw.size > 9_007_199_254_740_991n) {
    throw badField(cursor, 56, 'di_size', String(raw.size), 'less than 2^53')
  }
  const start = v3 ? INODE_V3_SIZE : INODE_V2_SIZE
  const literal = volume.geometry.inodeSize - start
  const attributesAt = raw.forkOffset * 8
  if (attributesAt >= literal) {
    throw badField(cursor, 82, 'di_forkoff', raw.forkOffset, `less than ${Math.ceil(literal / 8)}`)
  }
  const data: Fork = {
    format: formatOf(cursor, 5, raw.format),
    cursor: cursor.sub(start, attributesAt === 0 ? literal : attributesAt, 'the data fork of an inode'),
    extents: large ? cursor.safe64be(24) : raw.extents,
  }
  const attributes: Fork | undefined =
    attributesAt === 0
      ? undefined
      : {
          format: formatOf(cursor, 83, raw.attributeFormat),
          cursor: cursor.sub(start + attributesAt, literal - attributesAt, 'the attribute fork of an inode'),
          extents: large ? raw.extents : raw.attributeExtents,
        }
  checkFormat(cursor, kind, data)
  return {
    number,
    realtime: (raw.flags & FLAG_REALTIME) !== 0 && kind === 'file',
    data,
    attributes,
    stat: {
      id: BigInt(number),
      kind,
      sizeBytes: Number(raw.size),
      mode: raw.mode & 0o7777,
      uid: raw.uid,
      gid: raw.gid,
      links: raw.version === 1 ? raw.oldLinks : raw.links,
      modifiedNs: timeAt(cursor, 40, (flags2 & FLAG2_BIGTIME) !== 0n),
      ...(data.format === 'device' && kind !== 'fifo' && kind !== 'socket' ? { device: deviceOf(data) } : {}),
      hasXattrs: attributes !== undefined && holdsAttributes(attributes),
      immutable: (raw.flags & FLAG_IMMUTABLE) !== 0,
    },
  }
}

/** stat(2), S_IFMT. */
function kindOf(cursor: Cursor, mode: number): NodeKind {
  switch (mode >>> 12) {
    case 0o1:
      return 'fifo'
    case 0o2:
      return 'character device'
    case 0o4:
      return 'directory'
    case 0o6:
      return 'block device'
    case 0o10:
      return 'file'
    case 0o12:
      return 'symlink'
    case 0o14:
      return 'socket'
    default:
      throw badField(cursor, 2, 'di_mode', `0o${mode.toString(8)}`, 'a kind of file')
  }
}

function formatOf(cursor: Cursor, at: number, value: number): ForkFormat {
  const format = FORMATS[value]
  if (format === undefined) throw badField(cursor, at, 'the format of the fork', value, '0 to 3')
  return format
}

/** As xfs_dinode_verify: what each kind may be stored as. */
function checkFormat(cursor: Cursor, kind: NodeKind, { format }: Fork): void {
  const mapped = format === 'extents' || format === 'btree'
  const fits =
    kind === 'file'
      ? mapped
      : kind === 'directory' || kind === 'symlink'
        ? mapped || format === 'local'
        : format === 'device'
  if (!fits) throw badField(cursor, 5, 'di_format', format, `one of a ${kind}`)
}

function timeAt(cursor: Cursor, at: number, bigtime: boolean): bigint {
  if (bigtime) return cursor.u64be(at) + BIGTIME_EPOCH_NS
  return BigInt(cursor.i32be(at)) * 1_000_000_000n + BigInt(cursor.u32be(at + 4))
}

/** IRIX numbers, 14 bits of major and 18 of minor; Linux takes 9 of the first (xfs_to_linux_dev_t). */
function deviceOf({ cursor }: Fork): { major: number; minor: number } {
  const device = cursor.u32be(0)
  return { major: (device >>> 18) & 0x1ff, minor: device & 0x3ffff }
}

/** Room for attributes is often set aside (attr2) without there being any. */
function holdsAttributes({ format, cursor, extents }: Fork): boolean {
  switch (format) {
    case 'local':
      return holdsOwnAttribute(cursor)
    case 'extents':
      return extents > 0
    case 'btree':
      return true
    case 'device':
      return false
    default:
      return format satisfies never
  }
}

/** Pointers to parents are kept as attributes, too, which nobody is shown (xfs_attr_sf_hdr, XFS_ATTR_PARENT). */
function holdsOwnAttribute(cursor: Cursor): boolean {
  const count = cursor.u8(2)
  for (let index = 0, at = 4; index < count; index += 1) {
    if ((cursor.u8(at + 2) & ATTRIBUTE_PARENT) === 0) return true
    at += 3 + cursor.u8(at) + cursor.u8(at + 1)
  }
  return false
}
