import type { Cursor } from '../../bytes/index.ts'
import type { NodeId, NodeKind, NodeStat } from '../filesystem/index.ts'
import { badField } from './damage.ts'
import { raise } from './errors.ts'
import { INODE_ITEM, KEY } from './layout.ts'
import { nodeIdOf } from './node-id.ts'
import type { NodePlace } from './node-id.ts'
import type { SubvolumeTree } from './subvolumes.ts'
import { findItem } from './tree-walk.ts'
import type { Volume } from './volume.ts'
import { hasXattrs } from './xattrs.ts'

export type Inode = Readonly<{
  id: NodeId
  place: NodePlace
  subvolume: SubvolumeTree
  kind: NodeKind
  sizeBytes: number
  /** The data have no checksums: chattr +C. */
  hasNoChecksums: boolean
  raw: ReturnType<typeof INODE_ITEM.read>
}>

const KINDS: Readonly<Record<number, NodeKind>> = {
  0o01: 'fifo',
  0o02: 'character device',
  0o04: 'directory',
  0o06: 'block device',
  0o10: 'file',
  0o12: 'symlink',
  0o14: 'socket',
}

const NODATASUM = 1n
const IMMUTABLE = 64n

/** Throws BTRFS_NO_SUCH_NODE. */
export async function readInode(volume: Volume, subvolume: SubvolumeTree, place: NodePlace): Promise<Inode> {
  const key = { objectId: place.inode, type: KEY.inodeItem, offset: 0n }
  const item = await findItem(volume, subvolume.tree, key, INODE_ITEM.name)
  if (item === undefined) {
    const where = { inode: String(place.inode), subvolume: String(place.tree) }
    throw raise('BTRFS_NO_SUCH_NODE', { ...where, state: 'there is none' })
  }
  const raw = INODE_ITEM.read(item.bytes, item.base)
  return {
    id: nodeIdOf(place),
    place,
    subvolume,
    kind: kindOf(item, raw.mode),
    sizeBytes: raw.size,
    hasNoChecksums: (raw.flags & NODATASUM) !== 0n,
    raw,
  }
}

export async function statOf(volume: Volume, inode: Inode, signal?: AbortSignal): Promise<NodeStat> {
  const { id, kind, sizeBytes, raw } = inode
  const isDevice = kind === 'block device' || kind === 'character device'
  // MKDEV of the kernel, not of stat(2).
  const device = { major: Number((raw.device >> 20n) & 0xfffn), minor: Number(raw.device & 0xf_ffffn) }
  return {
    id,
    kind,
    sizeBytes,
    mode: raw.mode & 0o7777,
    uid: raw.uid,
    gid: raw.gid,
    links: raw.links,
    modifiedNs: BigInt.asIntN(64, raw.modifiedSeconds) * 1_000_000_000n + BigInt(raw.modifiedNanoseconds),
    ...(isDevice && { device }),
    hasXattrs: await hasXattrs(volume, inode, signal),
    immutable: (raw.flags & IMMUTABLE) !== 0n,
  }
}

function kindOf(item: Cursor, mode: number): NodeKind {
  const kind = KINDS[mode >>> 12]
  if (kind === undefined) throw badField(item, 52, 'mode', `0o${mode.toString(8)}`, 'a type that is known')
  return kind
}
