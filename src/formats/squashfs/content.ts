import { checkRange } from '../../bytes/index.ts'
import type { ByteSource, Extent } from '../../bytes/index.ts'
import type { FileRange, NodeId } from '../filesystem/index.ts'
import { badField, raise } from './errors.ts'
import { INODE, openInode, parseInode } from './inode.ts'
import type { Content } from './inode.ts'
import { fragmentAt } from './tables.ts'
import { isPlain, readBlock, storedLength } from './volume.ts'
import type { StoredBlock, Volume } from './volume.ts'

/** Words of the list of blocks that are read at a time, and between two known places. */
const PART = 2048
/** 64 GiB of blocks of 4 KiB, 2 TiB of the usual ones. Each takes four bytes of memory. */
const MOST_BLOCKS = 1 << 24

type Part = Readonly<{ startBytes: number; words: Uint32Array }>

/** Lives as long as an open file: its list of blocks. */
type Opened = Readonly<{ id: NodeId; sizeBytes: number; content: Content; parts: readonly Part[] }>

/** A regular file's content. Blocks that are not stored are zeros. Throws SQUASHFS_NOT_A_FILE, SQUASHFS_TOO_MANY_BLOCKS. */
export async function openContent(volume: Volume, id: NodeId, signal?: AbortSignal): Promise<ByteSource> {
  const opened = await readBlockList(volume, id, signal)
  const { blockSize } = volume.geometry
  const file: ByteSource = {
    size: opened.sizeBytes,
    name: `inode ${id} of "${volume.source.name}"`,
    async read(offset, length, readSignal) {
      checkRange(file, offset, length)
      const first = Math.floor(offset / blockSize)
      const within = offset - first * blockSize
      if (within + length <= blockSize) {
        const only = length === 0 ? undefined : await blockOf(volume, opened, first)
        return only === undefined ? new Uint8Array(length) : only.subarray(within, within + length)
      }
      const out = new Uint8Array(length)
      for (let index = first; index * blockSize < offset + length; index += 1) {
        readSignal?.throwIfAborted()
        const block = await blockOf(volume, opened, index)
        if (block === undefined) continue
        const from = Math.max(offset, index * blockSize)
        const to = Math.min(offset + length, (index + 1) * blockSize)
        out.set(block.subarray(from - index * blockSize, to - index * blockSize), from - offset)
      }
      return out
    },
    async *extents(offset, length): AsyncGenerator<Extent, void, undefined> {
      checkRange(file, offset, length)
      for (let at = offset; at < offset + length;) {
        const index = Math.floor(at / blockSize)
        const end = Math.min((index + 1) * blockSize, offset + length)
        const stored = index < opened.content.blocks ? storedBlock(opened, index) : undefined
        const isHole = stored !== undefined && storedLength(stored.word) === 0
        yield { offsetBytes: at, lengthBytes: end - at, kind: isHole ? 'zero' : 'data' }
        at = end
      }
    },
  }
  return file
}

/** Only what is not compressed, and not in a fragment, lies somewhere by itself. */
export async function* contentRanges(
  volume: Volume,
  id: NodeId,
  signal?: AbortSignal,
): AsyncGenerator<FileRange, void, undefined> {
  const opened = await readBlockList(volume, id, signal)
  const { blockSize } = volume.geometry
  for (let index = 0; index * blockSize < opened.sizeBytes; index += 1) {
    const range = {
      fileOffsetBytes: index * blockSize,
      lengthBytes: Math.min(blockSize, opened.sizeBytes - index * blockSize),
      maybeShared: true,
    }
    const stored = index < opened.content.blocks ? storedBlock(opened, index) : undefined
    if (stored !== undefined && storedLength(stored.word) === 0) continue
    if (stored !== undefined && isPlain(stored.word)) {
      yield { ...range, kind: 'data', sourceOffsetBytes: stored.startBytes }
    } else yield { ...range, kind: 'compressed' }
  }
}

async function readBlockList(volume: Volume, id: NodeId, signal?: AbortSignal): Promise<Opened> {
  const stream = await openInode(volume, id)
  const inode = await parseInode(volume, id, stream)
  if (inode.what !== 'file') throw raise('SQUASHFS_NOT_A_FILE', { inode: String(id), kind: inode.stat.kind })
  const { content } = inode
  const { blocks } = content
  if (blocks > MOST_BLOCKS)
    throw raise('SQUASHFS_TOO_MANY_BLOCKS', { inode: String(id), blocks, limit: MOST_BLOCKS })
  const parts: Part[] = []
  let { startBytes } = content
  for (let index = 0; index < blocks; index += PART) {
    signal?.throwIfAborted()
    const count = Math.min(PART, blocks - index)
    const list = await stream.take(count * 4)
    const words = new Uint32Array(count)
    parts.push({ startBytes, words })
    for (let word = 0; word < count; word += 1) {
      words[word] = list.u32le(word * 4)
      startBytes += storedLength(words[word] ?? 0)
    }
    if (startBytes > volume.geometry.bytesUsed)
      throw badField(
        INODE,
        stream.base,
        'the end of its blocks',
        startBytes,
        `at most ${volume.geometry.bytesUsed}`,
      )
  }
  return { id, sizeBytes: inode.stat.sizeBytes, content, parts }
}

/** One block's content, exactly as long as it has to be; undefined for a hole. */
async function blockOf(
  volume: Volume,
  { sizeBytes, content, parts }: Opened,
  index: number,
): Promise<Uint8Array | undefined> {
  const { blockSize } = volume.geometry
  const expected = Math.min(blockSize, sizeBytes - index * blockSize)
  if (index >= content.blocks) {
    const fragment = await fragmentOf(volume, content)
    const tail = fragment.subarray(content.fragmentOffset, content.fragmentOffset + expected)
    if (tail.length === expected) return tail
    throw badField(INODE, content.startBytes, 'the offset in its fragment', content.fragmentOffset, 'less')
  }
  const stored = storedBlock({ content, parts }, index)
  if (storedLength(stored.word) === 0) return undefined
  const block = await volume.blocks.get(stored.startBytes, blockSize, () =>
    readBlock(volume, stored, blockSize),
  )
  if (block.length === expected) return block
  throw badField('a block of content', stored.startBytes, 'its length', block.length, expected)
}

async function fragmentOf(volume: Volume, { fragment = 0 }: Content): Promise<Uint8Array> {
  const { blockSize } = volume.geometry
  const stored = await fragmentAt(volume, fragment)
  return volume.blocks.get(stored.startBytes, blockSize, () => readBlock(volume, stored, blockSize))
}

function storedBlock({ parts }: Pick<Opened, 'content' | 'parts'>, index: number): StoredBlock {
  const part = parts[Math.floor(index / PART)]
  if (part === undefined) throw new TypeError(`block ${index} was not read`)
  let { startBytes } = part
  const within = index % PART
  for (let word = 0; word < within; word += 1) startBytes += storedLength(part.words[word] ?? 0)
  return { startBytes, word: part.words[within] ?? 0 }
}
