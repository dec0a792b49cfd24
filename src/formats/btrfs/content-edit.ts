import type { Patch } from '../../bytes/index.ts'
import type { ContentChange } from '../filesystem/index.ts'
import { readChecksums } from './checksum-tree.ts'
import { equal } from './checksum.ts'
import { checkFile } from './content.ts'
import { dataSource } from './data-source.ts'
import { unknownReadOnly } from './features.ts'
import { walkExtents } from './file-extents.ts'
import type { FileExtent } from './file-extents.ts'
import type { Inode } from './inode.ts'
import { CHECKSUM_OBJECT, INLINE_AT, KEY, TREE } from './layout.ts'
import { LeafEdit } from './leaf-edit.ts'
import { isSharedExtent, isSharedNode } from './sharing.ts'
import { openTree } from './subvolumes.ts'
import { keyAt } from './tree-node.ts'
import type { TreeNode } from './tree-node.ts'
import { pathTo } from './tree-walk.ts'
import type { TreeRoot } from './tree-walk.ts'
import type { Key } from './key.ts'
import type { Volume } from './volume.ts'

const SHARED = 'its blocks may be shared with a snapshot or another file (reflink)'
const VERITY_FLAG = 1n << 32n
/** In btrfs_inode_item: the size, and the bytes that extents take. */
const [SIZE_AT, BYTES_AT] = [16, 24] as const

type DataExtent = Extract<FileExtent, { kind: 'data' }>

/**
 * Other content for a file where it lies: sectors of data with their checksums, or the inline extent in its leaf; the size
 * in the inode. Whole sectors and whole leaves are replaced, on every copy, with checksums made right.
 */
export async function planContent(
  volume: Volume,
  checksums: TreeRoot,
  inode: Inode,
  before: Uint8Array,
  after: Uint8Array,
  signal?: AbortSignal,
): Promise<ContentChange> {
  checkFile(inode)
  const unknown = unknownReadOnly(volume.geometry.words)
  if (unknown !== undefined)
    return { refusal: `the file system has a feature that is not known (${unknown}), and may keep checksums` }
  if ((inode.raw.flags & VERITY_FLAG) !== 0n) return { refusal: 'fs-verity seals it' }
  if (equal(before, after)) return { patches: [] }
  const edit = new Edit(volume, await openTree(volume, TREE.extent))
  const { place, subvolume } = inode
  const leaf = await edit.own(subvolume.tree, { objectId: place.inode, type: KEY.inodeItem, offset: 0n })
  if (leaf === undefined) return { refusal: SHARED }
  const extents: FileExtent[] = []
  for await (const extent of walkExtents(volume, inode, signal)) extents.push(extent)
  const [first] = extents
  const refusal =
    first?.kind === 'inline'
      ? await changeInline(edit, inode, first, after, leaf)
      : await changeSectors(edit, checksums, inode, extents, before, after, signal)
  if (refusal !== undefined) return { refusal }
  if (after.length !== before.length) leaf.edit.write64(leaf.index, SIZE_AT, BigInt(after.length))
  return { patches: edit.patches() }
}

type OwnItem = Readonly<{ edit: LeafEdit; index: number }>

/** Leaves that are changed, each once however many of its items are, and sectors of data. */
class Edit {
  readonly volume: Volume
  readonly extents: TreeRoot
  readonly #leaves = new Map<bigint, LeafEdit>()
  readonly #data: Patch[] = []

  constructor(volume: Volume, extents: TreeRoot) {
    this.volume = volume
    this.extents = extents
  }

  /** The item of exactly this key in a leaf that no other tree has; undefined where another may have it. */
  async own(tree: TreeRoot, key: Key): Promise<OwnItem | undefined> {
    const path = await pathTo(this.volume, tree, key)
    for (const { node } of path) if (await isSharedNode(this.volume, this.extents, node)) return undefined
    const last = path.at(-1)
    return last && { edit: this.leaf(last.node), index: last.index }
  }

  leaf(node: TreeNode): LeafEdit {
    const logical = node.cursor.u64le(48)
    const known = this.#leaves.get(logical) ?? new LeafEdit(this.volume, node)
    this.#leaves.set(logical, known)
    return known
  }

  sector(logical: number, bytes: Uint8Array): void {
    const places = this.volume.chunks.placesOf(logical, bytes.length, 'an extent of data')
    for (const offsetBytes of places) this.#data.push({ offsetBytes, bytes })
  }

  patches(): readonly Patch[] {
    return [...this.#data, ...[...this.#leaves.values()].flatMap((leaf) => leaf.patches())]
  }
}

/** It becomes an inline extent that is not compressed. Gives why that is not possible. */
async function changeInline(
  edit: Edit,
  inode: Inode,
  { lengthBytes }: FileExtent,
  after: Uint8Array,
  inodeItem: OwnItem,
): Promise<string | undefined> {
  const { place, subvolume } = inode
  const { sectorSize } = edit.volume.geometry
  if (lengthBytes !== inode.sizeBytes) return 'not all of its bytes lie in its inline extent'
  // What `btrfs check` takes for an inline extent.
  if (after.length >= sectorSize) return `an inline extent holds less than ${sectorSize} bytes`
  const key = { objectId: place.inode, type: KEY.extentData, offset: 0n }
  const own = await edit.own(subvolume.tree, key)
  if (own === undefined) return SHARED
  const item = new Uint8Array(INLINE_AT + after.length)
  const view = new DataView(item.buffer)
  view.setBigUint64(0, own.edit.read64(own.index, 0), true)
  view.setBigUint64(8, BigInt(after.length), true)
  item.set(after, INLINE_AT)
  if (!own.edit.replace(own.index, item)) return 'the leaf of the tree that holds it has no room for more'
  const bytes = inodeItem.edit.read64(inodeItem.index, BYTES_AT)
  inodeItem.edit.write64(inodeItem.index, BYTES_AT, bytes + BigInt(after.length - lengthBytes))
  return undefined
}

/** Every sector that differs, with its checksum. Gives why that is not possible. */
async function changeSectors(
  edit: Edit,
  checksums: TreeRoot,
  inode: Inode,
  extents: readonly FileExtent[],
  before: Uint8Array,
  after: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const { volume } = edit
  const { sectorSize } = volume.geometry
  const name = `inode ${inode.place.inode} of the subvolume ${inode.place.tree}`
  const data = dataSource(volume, inode.hasNoChecksums ? undefined : checksums, name)
  for (let at = 0; at < after.length; at += sectorSize) {
    const wanted = after.subarray(at, at + sectorSize)
    if (equal(before.subarray(at, at + sectorSize), wanted)) continue
    const extent = extents.find((one) => one.fileOffset <= at && at < one.fileOffset + one.lengthBytes)
    if (extent?.kind !== 'data') return 'its bytes lie nowhere: they were never written'
    if (extent.compression !== 'none') return 'its bytes are compressed'
    if (!(await isOwn(edit, inode, extent))) return SHARED
    const logical = extent.logical + extent.from + at - extent.fileOffset
    const sector = new Uint8Array(await data.read(logical, sectorSize, signal))
    sector.set(wanted)
    edit.sector(logical, sector)
    if (inode.hasNoChecksums) continue
    if (!(await changeChecksum(edit, checksums, logical, sector, signal)))
      return 'the checksum of its bytes was not found'
  }
  return undefined
}

async function isOwn(edit: Edit, { place, subvolume }: Inode, extent: DataExtent): Promise<boolean> {
  const key = { objectId: place.inode, type: KEY.extentData, offset: BigInt(extent.fileOffset) }
  if ((await edit.own(subvolume.tree, key)) === undefined) return false
  return !(await isSharedExtent(edit.volume, edit.extents, extent.logical, extent.storedBytes))
}

async function changeChecksum(
  edit: Edit,
  tree: TreeRoot,
  logical: number,
  sector: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const { volume } = edit
  const { sectorSize, checksum } = volume.geometry
  const { missing } = await readChecksums(volume, tree, logical, 1, signal)
  if (missing[0] === 1) return false
  const key = { objectId: CHECKSUM_OBJECT, type: KEY.extentChecksum, offset: BigInt(logical) }
  const last = (await pathTo(volume, tree, key)).at(-1)
  if (last === undefined) return false
  const begin = last.node.cursor.safe64le(keyAt(last.node, last.index) + 9)
  const at = ((logical - begin) / sectorSize) * checksum.sizeBytes
  edit.leaf(last.node).overwrite(last.index, at, checksum.of(sector))
  return true
}
