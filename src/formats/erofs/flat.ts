import type { ByteSource } from '../../bytes/index.ts'
import { badField, raise } from './errors.ts'
import type { Inode } from './inode.ts'
import { CHUNK } from './layout.ts'
import type { FindPiece, Piece } from './pieces.ts'
import { readMeta } from './volume.ts'
import type { Volume } from './volume.ts'

const STRUCTURE = 'the content of an inode'

/** Content in one run of blocks; with `inline`, what is behind the last whole block follows the inode. */
export function flatPieces(volume: Volume, inode: Inode): FindPiece {
  const { blockSize } = volume.geometry
  const { sizeBytes } = inode.stat
  const { startBlock, layout, bodyAt, meta } = inode
  const isInline = layout === 'inline'
  const blocks = Math.ceil(sizeBytes / blockSize)
  const runBytes = isInline ? Math.max(0, blocks - 1) * blockSize : sizeBytes
  return async (offset) => {
    if (offset < runBytes) {
      const run = { startBytes: 0, lengthBytes: runBytes }
      if (startBlock === undefined) return { ...run, kind: 'hole' }
      return stored(volume, inode, run, 0, startBlock * blockSize)
    }
    const lengthBytes = sizeBytes - runBytes
    if ((bodyAt % blockSize) + lengthBytes > blockSize)
      throw badField(
        { structure: STRUCTURE, base: bodyAt },
        0,
        'the length of its tail',
        lengthBytes,
        'one that fits into its block',
      )
    if (bodyAt + lengthBytes > meta.size)
      throw badField(
        { structure: STRUCTURE, base: bodyAt },
        0,
        'its end',
        bodyAt + lengthBytes,
        `at most ${meta.size}`,
      )
    const isImage = meta === volume.near
    return {
      startBytes: runBytes,
      lengthBytes,
      kind: 'stored',
      source: isImage ? volume.source : meta,
      sourceOffsetBytes: bodyAt,
      where: 'inode',
    }
  }
}

/** Content in chunks of one size, wherever they lie: an array of blocks, or of indices with a device. */
export function chunkPieces(volume: Volume, inode: Inode): FindPiece {
  const { blockSize, devices } = volume.geometry
  const { chunkFormat, bodyAt, meta } = inode
  const { sizeBytes } = inode.stat
  const isIndexed = (chunkFormat & CHUNK.indexed) !== 0
  const unit = isIndexed ? 8 : 4
  const tableAt = Math.ceil(bodyAt / unit) * unit
  const chunkBytes = blockSize * 2 ** (chunkFormat & CHUNK.bitsMask)
  // As the kernel: as many bits of a device's number as there are devices.
  const deviceMask = 2 ** Math.ceil(Math.log2(devices.length + 1)) - 1
  return async (offset) => {
    const chunk = Math.floor(offset / chunkBytes)
    const startBytes = chunk * chunkBytes
    const piece = { startBytes, lengthBytes: Math.min(chunkBytes, sizeBytes - startBytes) }
    const entry = await readMeta(meta, tableAt + chunk * unit, unit, 'a chunk (erofs_inode_chunk_index)')
    const low = entry.u32le(isIndexed ? 4 : 0)
    const isWide = isIndexed && (chunkFormat & CHUNK.wide) !== 0
    const high = isWide ? entry.u16le(0) : undefined
    if (low === 0xffff_ffff && (high === undefined || high === 0xffff)) return { ...piece, kind: 'hole' }
    const device = isIndexed ? entry.u16le(2) & deviceMask : 0
    return stored(volume, inode, piece, device, (low + (high ?? 0) * 2 ** 32) * blockSize)
  }
}

/** Bytes of the image or of a further device: by its number, or by where its blocks are numbered. */
function stored(
  volume: Volume,
  inode: Inode,
  piece: Readonly<{ startBytes: number; lengthBytes: number }>,
  device: number,
  atBytes: number,
): Piece {
  const { source, sourceOffsetBytes } = locate(volume, inode.nid, device, atBytes)
  const end = sourceOffsetBytes + piece.lengthBytes
  if (end > source.size)
    throw badField(
      { structure: STRUCTURE, base: inode.at },
      0,
      'the end of its blocks',
      end,
      `at most ${source.size}`,
    )
  const where = source === volume.source ? 'image' : 'elsewhere'
  return { ...piece, kind: 'stored', source, sourceOffsetBytes, where }
}

/** Throws EROFS_DEVICE_MISSING. */
export function locate(
  volume: Volume,
  nid: bigint,
  device: number,
  atBytes: number,
): Readonly<{ source: ByteSource; sourceOffsetBytes: number }> {
  const { devices } = volume.geometry
  const open = (number: number, sourceOffsetBytes: number) => {
    const source = volume.devices.get(number)
    if (source !== undefined) return { source, sourceOffsetBytes }
    const tag = devices[number - 1]?.tag ?? ''
    throw raise('EROFS_DEVICE_MISSING', { inode: String(nid), device: number, tag })
  }
  if (device !== 0) return open(device, atBytes)
  for (const [index, { startBytes, sizeBytes }] of devices.entries()) {
    if (startBytes > 0 && atBytes >= startBytes && atBytes < startBytes + sizeBytes)
      return open(index + 1, atBytes - startBytes)
  }
  return { source: volume.source, sourceOffsetBytes: atBytes }
}
