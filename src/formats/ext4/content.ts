import { fromBytes, mapped } from '../../bytes/index.ts'
import type { ByteSource, Piece } from '../../bytes/index.ts'
import type { FileRange } from '../filesystem/index.ts'
import { readBlockMap } from './block-map.ts'
import { raise } from './errors.ts'
import { readExtentTree } from './extent-tree.ts'
import { inlineDataOf } from './inline-data.ts'
import { hasFlag } from './inode.ts'
import type { Inode } from './inode.ts'
import type { Run } from './run.ts'
import type { Volume } from './volume.ts'

/** What an inode's content is kept in. */
export type Content = Readonly<{ inline: Uint8Array } | { runs: readonly Run[] }>

export async function contentOf(volume: Volume, inode: Inode, signal?: AbortSignal): Promise<Content> {
  if (hasFlag(inode, 'inlineData')) return { inline: inlineDataOf(volume, inode) }
  const extents = hasFlag(inode, 'extents')
  const most = largestSize(volume, extents)
  if (inode.sizeBytes > most) {
    throw raise('EXT4_INODE_DAMAGED', {
      inode: inode.number,
      offsetBytes: inode.offsetBytes,
      field: 'i_size',
      found: inode.sizeBytes,
      expected: `at most ${most}`,
    })
  }
  return {
    runs: await (extents ? readExtentTree(volume, inode, signal) : readBlockMap(volume, inode, signal)),
  }
}

/** Logical block numbers have 32 bits in extents; a block map ends with its triple indirect block. */
function largestSize({ superblock: { blockBytes } }: Volume, extents: boolean): number {
  const fanOut = blockBytes / 4
  const blocks = extents ? 2 ** 32 : 12 + fanOut + fanOut ** 2 + fanOut ** 3
  return Math.min(blocks * blockBytes, Number.MAX_SAFE_INTEGER)
}

/** The content as a source; holes and unwritten runs are zeros, and what lies behind the size is left out. */
export function sourceOf(volume: Volume, inode: Inode, content: Content): ByteSource {
  const name = `inode ${inode.number} of "${volume.source.name}"`
  if ('inline' in content) return fromBytes(new Uint8Array(content.inline), name)
  const pieces: Piece[] = []
  let at = 0
  for (const range of rangesOf(volume, inode, content)) {
    if (range.fileOffsetBytes > at) pieces.push({ lengthBytes: range.fileOffsetBytes - at, hole: 'zero' })
    const { lengthBytes, sourceOffsetBytes } = range
    pieces.push(
      sourceOffsetBytes === undefined
        ? { lengthBytes, hole: 'zero' }
        : { lengthBytes, source: volume.source, sourceOffsetBytes },
    )
    at = range.fileOffsetBytes + lengthBytes
  }
  if (inode.sizeBytes > at) pieces.push({ lengthBytes: inode.sizeBytes - at, hole: 'zero' })
  return mapped(pieces, name)
}

/** Where the content lies, up to the file's size. */
export function* rangesOf(
  volume: Volume,
  inode: Inode,
  content: Content,
): Generator<FileRange, void, undefined> {
  if ('inline' in content) {
    if (content.inline.length > 0)
      yield { fileOffsetBytes: 0, lengthBytes: content.inline.length, kind: 'inline' }
    return
  }
  const { blockBytes, features } = volume.superblock
  // Deduplicated images (Android's): a block may belong to any number of files.
  const shared = features.has('shared_blocks') ? { maybeShared: true } : {}
  for (const { logical, physical, count, unwritten } of content.runs) {
    const fileOffsetBytes = logical * blockBytes
    const lengthBytes = Math.min(count * blockBytes, inode.sizeBytes - fileOffsetBytes)
    if (lengthBytes <= 0) return
    if (unwritten) yield { fileOffsetBytes, lengthBytes, kind: 'unwritten' }
    else
      yield {
        fileOffsetBytes,
        lengthBytes,
        sourceOffsetBytes: physical * blockBytes,
        kind: 'data',
        ...shared,
      }
  }
}
