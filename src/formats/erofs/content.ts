import { checkRange } from '../../bytes/index.ts'
import type { ByteSource, Extent } from '../../bytes/index.ts'
import type { FileRange } from '../filesystem/index.ts'
import { compressedPieces } from './compressed.ts'
import { raise } from './errors.ts'
import { chunkPieces, flatPieces } from './flat.ts'
import { readInode } from './inode.ts'
import type { Inode } from './inode.ts'
import type { FindPiece, Piece } from './pieces.ts'
import type { Volume } from './volume.ts'

/** Shorter reads go through the cache of the image: blocks of small files lie side by side. */
const NEAR_BYTES = 32_768

/** The content of an inode of any kind: a file, a directory, the target of a link. */
export async function contentOf(volume: Volume, inode: Inode): Promise<ByteSource> {
  const find = await piecesOf(volume, inode)
  const size = inode.stat.sizeBytes
  const source: ByteSource = {
    size,
    name: `inode ${inode.nid} of "${volume.source.name}"`,
    async read(offset, length, signal) {
      checkRange(source, offset, length)
      if (length === 0) return new Uint8Array(0)
      const first = await find(offset)
      const isOne = offset + length <= first.startBytes + first.lengthBytes
      if (isOne) return (await readPiece(volume, first, offset, length)) ?? new Uint8Array(length)
      const out = new Uint8Array(length)
      for (let at = offset, piece = first; ;) {
        signal?.throwIfAborted()
        const taken = Math.min(piece.startBytes + piece.lengthBytes, offset + length) - at
        const bytes = await readPiece(volume, piece, at, taken)
        if (bytes !== undefined) out.set(bytes, at - offset)
        at += taken
        if (at >= offset + length) return out
        piece = await find(at)
      }
    },
    async *extents(offset, length): AsyncGenerator<Extent, void, undefined> {
      checkRange(source, offset, length)
      for (let at = offset; at < offset + length;) {
        const piece = await find(at)
        const end = Math.min(piece.startBytes + piece.lengthBytes, offset + length)
        yield { offsetBytes: at, lengthBytes: end - at, kind: piece.kind === 'hole' ? 'zero' : 'data' }
        at = end
      }
    },
  }
  return source
}

/** Of a regular file only. Throws EROFS_NOT_A_FILE. */
export async function openContent(volume: Volume, nid: bigint, signal?: AbortSignal): Promise<ByteSource> {
  return contentOf(volume, await fileOf(volume, nid, signal))
}

export async function* contentRanges(
  volume: Volume,
  nid: bigint,
  signal?: AbortSignal,
): AsyncGenerator<FileRange, void, undefined> {
  const inode = await fileOf(volume, nid, signal)
  const find = await piecesOf(volume, inode)
  for (let at = 0; at < inode.stat.sizeBytes;) {
    signal?.throwIfAborted()
    const piece = await find(at)
    const { startBytes: fileOffsetBytes, lengthBytes } = piece
    const range = { fileOffsetBytes, lengthBytes, maybeShared: true }
    if (piece.kind === 'packed' || (piece.kind === 'stored' && piece.where === 'elsewhere')) {
      yield { ...range, kind: 'compressed' }
    } else if (piece.kind === 'stored') {
      const kind = piece.where === 'inode' ? 'inline' : 'data'
      yield { ...range, kind, ...(kind === 'data' ? { sourceOffsetBytes: piece.sourceOffsetBytes } : {}) }
    }
    at = fileOffsetBytes + lengthBytes
  }
}

async function fileOf(volume: Volume, nid: bigint, signal?: AbortSignal): Promise<Inode> {
  const inode = await readInode(volume, nid, signal)
  if (inode.stat.kind === 'file') return inode
  throw raise('EROFS_NOT_A_FILE', { inode: String(nid), kind: inode.stat.kind })
}

async function piecesOf(volume: Volume, inode: Inode): Promise<FindPiece> {
  switch (inode.layout) {
    case 'plain':
    case 'inline':
      return flatPieces(volume, inode)
    case 'chunks':
      return chunkPieces(volume, inode)
    case 'compressed full':
    case 'compressed compact':
      return compressedPieces(volume, inode)
    default:
      return inode.layout satisfies never
  }
}

/** Undefined for a hole. */
async function readPiece(
  volume: Volume,
  piece: Piece,
  at: number,
  length: number,
): Promise<Uint8Array | undefined> {
  const within = at - piece.startBytes
  switch (piece.kind) {
    case 'hole':
      return undefined
    case 'stored': {
      const isNear = length <= NEAR_BYTES && piece.source === volume.source
      return (isNear ? volume.near : piece.source).read(piece.sourceOffsetBytes + within, length)
    }
    case 'packed':
      return (await piece.unpack()).subarray(within, within + length)
    default:
      return piece satisfies never
  }
}
