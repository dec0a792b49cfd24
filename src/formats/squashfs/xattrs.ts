import { XattrList } from '../filesystem/index.ts'
import type { Xattr } from '../filesystem/index.ts'
import { Cursor, toSafe } from '../../bytes/index.ts'
import { badField } from './errors.ts'
import type { Inode } from './inode.ts'
import { NO_XATTRS } from './layout.ts'
import { MetadataStream } from './metadata.ts'
import { tableEntry } from './tables.ts'
import type { Volume } from './volume.ts'

const STRUCTURE = 'an extended attribute (squashfs_xattr_entry)'
/** SQUASHFS_XATTR_…: others are passed over, as the kernel does. */
const PREFIXES: Readonly<Record<number, string>> = { 0: 'user.', 1: 'trusted.', 2: 'security.' }
/** The value is a reference to where it stands. */
const ELSEWHERE = 0x100
const LONGEST_NAME = 255

/** Inodes with the same attributes share one entry of it. */
export async function xattrsOf(
  volume: Volume,
  inode: Inode,
  signal?: AbortSignal,
): Promise<readonly Xattr[]> {
  const list = new XattrList(inode.stat.id)
  const { xattrTable, bytesUsed } = volume.geometry
  if (inode.xattrs === NO_XATTRS || xattrTable === undefined) return list.all
  if (xattrTable + 16 > bytesUsed)
    throw badField(STRUCTURE, xattrTable, 'the end of the table', xattrTable + 16, `at most ${bytesUsed}`)
  const head = new Cursor(await volume.near.read(xattrTable, 16, signal), STRUCTURE, xattrTable)
  const base = head.safe64le(0)
  const table = { indexAt: xattrTable + 16, entries: head.u32le(8) }
  const entry = await tableEntry(volume, table, inode.xattrs, 16, STRUCTURE)
  const count = entry.u32le(8)
  const stream = await openAt(volume, base, entry.u64le(0))
  for (let index = 0; index < count; index += 1) {
    signal?.throwIfAborted()
    const header = await stream.take(4)
    const [type, nameBytes] = [header.u16le(0), header.u16le(2)]
    if (nameBytes > LONGEST_NAME)
      throw badField(STRUCTURE, stream.base, 'the length of its name', nameBytes, `at most ${LONGEST_NAME}`)
    const name = await stream.take(nameBytes)
    const prefix = PREFIXES[type & 0xff]
    const value = await valueOf(volume, base, stream, list, { type, nameBytes })
    if (prefix !== undefined) list.add(prefix, name.bytes, value)
  }
  return list.all
}

async function valueOf(
  volume: Volume,
  base: number,
  stream: MetadataStream,
  list: XattrList,
  { type, nameBytes }: Readonly<{ type: number; nameBytes: number }>,
): Promise<Uint8Array> {
  const length = (await stream.take(4)).u32le(0)
  if ((type & ELSEWHERE) === 0) {
    list.reserve(nameBytes, length)
    return (await stream.take(length)).bytes
  }
  if (length !== 8) throw badField(STRUCTURE, stream.base, 'the length of a reference', length, 8)
  const other = await openAt(volume, base, (await stream.take(8)).u64le(0))
  const otherLength = (await other.take(4)).u32le(0)
  list.reserve(nameBytes, otherLength)
  return (await other.take(otherLength)).bytes
}

/** A reference: the place of a metadata block behind the table's beginning, and a byte in it. */
function openAt(volume: Volume, base: number, reference: bigint): Promise<MetadataStream> {
  const block = toSafe(reference >> 16n, 'a reference to an extended attribute')
  return MetadataStream.open(volume, STRUCTURE, base + block, Number(reference & 0xffffn))
}
