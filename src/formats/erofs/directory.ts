import { Cursor } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import type { DirectoryEntry, NodeKind } from '../filesystem/index.ts'
import { contentOf } from './content.ts'
import { badField, raise } from './errors.ts'
import { readInode } from './inode.ts'
import type { Volume } from './volume.ts'

const STRUCTURE = 'a block of a directory (erofs_dirent)'
const ENTRY_BYTES = 12
const LONGEST_NAME = 255

/** EROFS_FT_…: another order than the one of ext4. */
const KINDS: readonly NodeKind[] = [
  'unknown',
  'file',
  'directory',
  'character device',
  'block device',
  'fifo',
  'socket',
  'symlink',
]

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

type RawEntry = Readonly<{ name: Uint8Array; nid: bigint; kind: NodeKind }>

/** Every entry but `.` and `..`, sorted by bytes. Throws EROFS_NOT_A_DIRECTORY. */
export async function* listDirectory(
  volume: Volume,
  nid: bigint,
  signal?: AbortSignal,
): AsyncGenerator<DirectoryEntry, void, undefined> {
  const content = await openDirectory(volume, nid, signal)
  const { blockSize } = volume.geometry
  for (let at = 0; at < content.size; at += blockSize) {
    for (const entry of await readBlock(content, at, blockSize, signal)) {
      if (!isDots(entry.name)) yield toEntry(entry)
    }
  }
}

/** By halves: names are sorted within blocks and from block to block. */
export async function lookupEntry(
  volume: Volume,
  nid: bigint,
  name: Uint8Array,
  signal?: AbortSignal,
): Promise<DirectoryEntry | undefined> {
  const content = await openDirectory(volume, nid, signal)
  if (name.length === 0 || name.length > LONGEST_NAME || isDots(name)) return undefined
  const { blockSize } = volume.geometry
  let low = 0
  let high = Math.ceil(content.size / blockSize)
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const entries = await readBlock(content, middle * blockSize, blockSize, signal)
    const [first, last] = [entries[0], entries.at(-1)]
    if (first === undefined || last === undefined) return undefined
    if (compareNames(name, first.name) < 0) high = middle
    else if (compareNames(name, last.name) > 0) low = middle + 1
    else {
      const found = entries.find((entry) => compareNames(entry.name, name) === 0)
      return found && toEntry(found)
    }
  }
  return undefined
}

async function openDirectory(volume: Volume, nid: bigint, signal?: AbortSignal): Promise<ByteSource> {
  const inode = await readInode(volume, nid, signal)
  if (inode.stat.kind !== 'directory')
    throw raise('EROFS_NOT_A_DIRECTORY', { inode: String(nid), kind: inode.stat.kind })
  return contentOf(volume, inode)
}

function toEntry({ name, nid, kind }: RawEntry): DirectoryEntry {
  return { name: decoder.decode(name), nameBytes: new Uint8Array(name), id: nid, kind }
}

/** One block: entries of one length, then their names. Where the first name begins tells how many there are. */
async function readBlock(
  content: ByteSource,
  at: number,
  blockSize: number,
  signal?: AbortSignal,
): Promise<readonly RawEntry[]> {
  const length = Math.min(blockSize, content.size - at)
  const block = new Cursor(await content.read(at, length, signal), STRUCTURE, at)
  const namesAt = block.u16le(8)
  if (namesAt < ENTRY_BYTES || namesAt % ENTRY_BYTES !== 0 || namesAt >= length)
    throw badField(block, 8, 'nameoff', namesAt, 'a multiple of 12 in the block')
  const entries: RawEntry[] = []
  for (let entryAt = 0; entryAt < namesAt; entryAt += ENTRY_BYTES) {
    const nameAt = block.u16le(entryAt + 8)
    const isLast = entryAt + ENTRY_BYTES === namesAt
    const end = isLast ? length : block.u16le(entryAt + ENTRY_BYTES + 8)
    if (nameAt < namesAt || end < nameAt || end > length)
      throw badField(block, entryAt + 8, 'nameoff', nameAt, 'a place behind the name before it')
    const raw = block.slice(nameAt, end - nameAt)
    const zero = isLast ? raw.indexOf(0) : -1
    const name = zero === -1 ? raw : raw.subarray(0, zero)
    if (isImpossible(name))
      throw badField(block, nameAt, 'a name', 'empty, too long, or with "/" or NUL', 'none of these')
    const kind = KINDS[block.u8(entryAt + 10)] ?? 'unknown'
    entries.push({ name, nid: block.u64le(entryAt), kind })
  }
  return entries
}

function isImpossible(name: Uint8Array): boolean {
  if (name.length === 0 || name.length > LONGEST_NAME) return true
  for (const byte of name) if (byte === 0x2f || byte === 0) return true
  return false
}

function isDots(name: Uint8Array): boolean {
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
