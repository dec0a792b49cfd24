import { Units, checkRange, fromBytes, mapped } from '../../bytes/index.ts'
import type { ByteSource, Piece } from '../../bytes/index.ts'
import type { FileRange } from '../filesystem/index.ts'
import { dataSource } from './data-source.ts'
import { decompress } from './decompress.ts'
import { raise } from './errors.ts'
import { MOST_COMPRESSED_BYTES, walkExtents } from './file-extents.ts'
import type { FileExtent } from './file-extents.ts'
import type { Inode } from './inode.ts'
import type { TreeRoot } from './tree-walk.ts'
import type { Volume } from './volume.ts'

type DataExtent = Extract<FileExtent, { kind: 'data' }>

/** A regular file's content. What no extent covers, and what was never written, is zeros. */
export async function openContent(
  volume: Volume,
  checksums: TreeRoot | undefined,
  inode: Inode,
  expanded: Expanded,
  signal?: AbortSignal,
): Promise<ByteSource> {
  checkFile(inode)
  return contentOf(volume, checksums, inode, expanded, signal)
}

/** Of any inode that has content: a file, a symbolic link. */
export async function contentOf(
  volume: Volume,
  checksums: TreeRoot | undefined,
  inode: Inode,
  expanded: Expanded,
  signal?: AbortSignal,
): Promise<ByteSource> {
  const { place, sizeBytes: size } = inode
  const name = `inode ${place.inode} of the subvolume ${place.tree} of "${volume.source.name}"`
  const data = dataSource(volume, inode.hasNoChecksums ? undefined : checksums, name)
  const pieces: Piece[] = []
  let at = 0
  for await (const extent of walkExtents(volume, inode, signal)) {
    const { fileOffset } = extent
    if (fileOffset >= size) break
    const lengthBytes = Math.min(extent.lengthBytes, size - fileOffset)
    if (fileOffset > at) pieces.push({ lengthBytes: fileOffset - at, hole: 'zero' })
    pieces.push(pieceOf(volume, extent, lengthBytes, data, expanded))
    at = fileOffset + lengthBytes
  }
  if (at < size) pieces.push({ lengthBytes: size - at, hole: 'zero' })
  return mapped(pieces, name)
}

function pieceOf(
  volume: Volume,
  extent: FileExtent,
  lengthBytes: number,
  data: ByteSource,
  expanded: Expanded,
): Piece {
  switch (extent.kind) {
    case 'unwritten':
      return { lengthBytes, hole: 'zero' }
    case 'inline':
      return { lengthBytes, source: inlineSource(volume, extent, data.name), sourceOffsetBytes: 0 }
    case 'data': {
      if (extent.compression !== 'none')
        return { lengthBytes, source: expanded.source(extent, data), sourceOffsetBytes: extent.from }
      return { lengthBytes, source: data, sourceOffsetBytes: extent.logical + extent.from }
    }
  }
}

function inlineSource(
  volume: Volume,
  extent: Extract<FileExtent, { kind: 'inline' }>,
  name: string,
): ByteSource {
  const { compression, stored, lengthBytes } = extent
  if (compression === 'none') return fromBytes(stored, name)
  const { sectorSize } = volume.geometry
  const packed = { compression, bytes: stored, wholeBytes: lengthBytes, sectorSize, logical: 0 }
  return fromBytes(decompress(packed, volume.algorithms), name)
}

/** Extents that were decompressed a moment ago: 64 of the longest. */
const KEPT_BYTES = 64 * MOST_COMPRESSED_BYTES

export class Expanded {
  readonly #volume: Volume
  readonly #held = new Units(KEPT_BYTES)

  constructor(volume: Volume) {
    this.#volume = volume
  }

  /** What a compressed extent holds, decompressed when it is read. */
  source(extent: DataExtent, data: ByteSource): ByteSource {
    const whole = (): Promise<Uint8Array> => this.#whole(extent, data)
    return {
      size: extent.wholeBytes,
      name: data.name,
      async read(offset, length) {
        checkRange(this, offset, length)
        return (await whole()).subarray(offset, offset + length)
      },
    }
  }

  #whole(extent: DataExtent, data: ByteSource): Promise<Uint8Array> {
    const { compression, logical, storedBytes, wholeBytes } = extent
    const key = `${compression} ${logical} ${storedBytes} ${wholeBytes}`
    return this.#held.get(key, MOST_COMPRESSED_BYTES, () => this.#expand(extent, data))
  }

  async #expand(
    { compression, logical, storedBytes, wholeBytes }: DataExtent,
    data: ByteSource,
  ): Promise<Uint8Array> {
    if (compression === 'none') throw new TypeError('an extent that is not compressed is not decompressed')
    const bytes = await data.read(logical, storedBytes)
    const { sectorSize } = this.#volume.geometry
    return decompress({ compression, bytes, wholeBytes, sectorSize, logical }, this.#volume.algorithms)
  }
}

/** Where it lies. Snapshots and reflinks share extents, and whole leaves of them: each counts as shared. */
export async function* contentRanges(
  volume: Volume,
  inode: Inode,
  signal?: AbortSignal,
): AsyncGenerator<FileRange, void, undefined> {
  checkFile(inode)
  for await (const extent of walkExtents(volume, inode, signal)) {
    if (extent.fileOffset >= inode.sizeBytes) return
    const range = {
      fileOffsetBytes: extent.fileOffset,
      lengthBytes: Math.min(extent.lengthBytes, inode.sizeBytes - extent.fileOffset),
    }
    if (extent.kind !== 'data') yield { ...range, kind: extent.kind }
    else if (extent.compression !== 'none') yield { ...range, kind: 'compressed' }
    else {
      const logical = extent.logical + extent.from
      const [place = 0] = volume.chunks.placesOf(logical, extent.lengthBytes, 'an extent of data')
      yield { ...range, kind: 'data', sourceOffsetBytes: place, maybeShared: true }
    }
  }
}

/** Throws BTRFS_NOT_A_FILE. */
export function checkFile({ kind, place }: Inode): void {
  if (kind !== 'file') {
    throw raise('BTRFS_NOT_A_FILE', { inode: String(place.inode), subvolume: String(place.tree), kind })
  }
}
