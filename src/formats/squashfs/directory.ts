import type { DirectoryEntry, NodeId, NodeKind } from '../filesystem/index.ts'
import { badField, raise } from './errors.ts'
import { kindOfType, openInode, parseInode } from './inode.ts'
import { METADATA_BYTES } from './layout.ts'
import { MetadataStream } from './metadata.ts'
import type { Volume } from './volume.ts'

const STRUCTURE = 'a directory (squashfs_dir_header)'
const HEADER_BYTES = 12
const ENTRY_BYTES = 8
/** SQUASHFS_DIR_COUNT: entries behind one header. */
const MOST_ENTRIES = 256
const LONGEST_NAME = 255

type Start = Readonly<{ blockBytes: number; offset: number; lengthBytes: number }>

/** An entry as the disk has it; `name` is a view. */
type RawEntry = Readonly<{ name: Uint8Array; id: NodeId; kind: NodeKind }>

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** Every entry, in the order of the disk: names are sorted by their bytes. Throws SQUASHFS_NOT_A_DIRECTORY. */
export async function* listDirectory(
  volume: Volume,
  id: NodeId,
  signal?: AbortSignal,
): AsyncGenerator<DirectoryEntry, void, undefined> {
  const inode = await parseInode(volume, id, await openInode(volume, id))
  if (inode.what !== 'directory') throw notADirectory(id, inode.stat.kind)
  for await (const entries of entriesFrom(volume, inode.listing, signal)) {
    for (const entry of entries) yield toEntry(entry)
  }
}

function toEntry({ name, id, kind }: RawEntry): DirectoryEntry {
  return { name: decoder.decode(name), nameBytes: new Uint8Array(name), id, kind }
}

/** By the index where the directory has one. */
export async function lookupEntry(
  volume: Volume,
  id: NodeId,
  name: Uint8Array,
  signal?: AbortSignal,
): Promise<DirectoryEntry | undefined> {
  const stream = await openInode(volume, id)
  const inode = await parseInode(volume, id, stream)
  if (inode.what !== 'directory') throw notADirectory(id, inode.stat.kind)
  if (name.length === 0 || name.length > LONGEST_NAME) return undefined
  const { listing } = inode
  const start = listing.indexed > 0 ? await startOf(stream, listing, listing.indexed, name) : listing
  for await (const entries of entriesFrom(volume, start, signal)) {
    for (const entry of entries) {
      if (compareNames(entry.name, name) === 0) return toEntry(entry)
      // As the kernel: names are sorted, and it stops by their first byte.
      if ((entry.name[0] ?? 0) > (name[0] ?? 0)) return undefined
    }
  }
  return undefined
}

function notADirectory(id: NodeId, kind: string): Error {
  return raise('SQUASHFS_NOT_A_DIRECTORY', { inode: String(id), kind })
}

/** squashfs_dir_index: the last header whose first name is not behind the one that is looked for. */
async function startOf(
  stream: MetadataStream,
  listing: Start,
  count: number,
  name: Uint8Array,
): Promise<Start> {
  let start: Start = listing
  for (let index = 0; index < count; index += 1) {
    const head = await stream.take(12)
    const nameBytes = head.u32le(8) + 1
    if (nameBytes > LONGEST_NAME)
      throw badField(STRUCTURE, stream.base, 'the length of a name in the index', nameBytes, 'at most 255')
    const first = await stream.take(nameBytes)
    if (compareNames(first.bytes, name) > 0) break
    const passed = head.u32le(0)
    if (passed > listing.lengthBytes)
      throw badField(STRUCTURE, stream.base, 'a place in the index', passed, `at most ${listing.lengthBytes}`)
    start = {
      blockBytes: head.u32le(4),
      offset: (listing.offset + passed) % METADATA_BYTES,
      lengthBytes: listing.lengthBytes - passed,
    }
  }
  return start
}

/** What stands behind one header at a time. */
async function* entriesFrom(
  volume: Volume,
  { blockBytes, offset, lengthBytes }: Start,
  signal?: AbortSignal,
): AsyncGenerator<readonly RawEntry[], void, undefined> {
  if (lengthBytes === 0) return
  const startBytes = volume.geometry.directoryTable + blockBytes
  const stream = await MetadataStream.open(volume, STRUCTURE, startBytes, offset)
  for (let left = lengthBytes; left > 0;) {
    signal?.throwIfAborted()
    const header = await stream.take(HEADER_BYTES)
    left -= HEADER_BYTES
    const count = header.u32le(0) + 1
    if (count > MOST_ENTRIES)
      throw badField(STRUCTURE, stream.base, 'the number of entries', count, 'at most 256')
    const entries: RawEntry[] = []
    left -= await readEntries(stream, header.u32le(4), count, left, entries)
    yield entries
  }
}

/** Gives how many bytes were read. */
async function readEntries(
  stream: MetadataStream,
  block: number,
  count: number,
  leftBytes: number,
  entries: RawEntry[],
): Promise<number> {
  const base = BigInt(block) * 65_536n
  let read = 0
  for (let index = 0; index < count; index += 1) {
    let { cursor } = stream
    let at = stream.pass(ENTRY_BYTES)
    if (at === undefined) [cursor, at] = [await stream.take(ENTRY_BYTES), 0]
    const [offset, type, nameLength] = [cursor.u16le(at), cursor.u16le(at + 4), cursor.u16le(at + 6) + 1]
    read += ENTRY_BYTES + nameLength
    if (nameLength > LONGEST_NAME || read > leftBytes)
      throw badField(STRUCTURE, stream.base, 'the length of a name', nameLength, 'one that fits')
    cursor = stream.cursor
    at = stream.pass(nameLength)
    if (at === undefined) [cursor, at] = [await stream.take(nameLength), 0]
    const name = cursor.slice(at, nameLength)
    const kind = kindOfType(type)
    if (kind === undefined) throw badField(STRUCTURE, stream.base, 'the type of an entry', type, '1 to 7')
    if (isImpossibleName(name))
      throw badField(STRUCTURE, stream.base, 'a name', '".", "..", or one with "/" or NUL', 'none of these')
    entries.push({ name, id: base + BigInt(offset), kind })
  }
  return read
}

function isImpossibleName(name: Uint8Array): boolean {
  for (const byte of name) if (byte === 0x2f || byte === 0) return true
  return name[0] === 0x2e && (name.length === 1 || (name.length === 2 && name[1] === 0x2e))
}

/** As strcmp(3) orders names. */
function compareNames(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}
