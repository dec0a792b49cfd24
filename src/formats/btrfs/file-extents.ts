import type { Cursor } from '../../bytes/index.ts'
import { badField } from './damage.ts'
import { raise } from './errors.ts'
import type { Inode } from './inode.ts'
import { FILE_EXTENT_BYTES, INLINE_AT, KEY } from './layout.ts'
import { walkObject } from './tree-walk.ts'
import type { Volume } from './volume.ts'

export type Compression = 'none' | 'zlib' | 'lzo' | 'zstd'

/** A part of a file, in bytes. Extents are in order and do not overlap; between them are holes. */
export type FileExtent = Readonly<{ fileOffset: number; lengthBytes: number; compression: Compression }> &
  (
    | Readonly<{ kind: 'inline'; stored: Uint8Array }>
    | Readonly<{ kind: 'unwritten' }>
    | Readonly<{
        kind: 'data'
        /** Where the extent begins, and how long it is on the disk. */
        logical: number
        storedBytes: number
        /** What it holds once it is decompressed, and where in that the part begins. */
        wholeBytes: number
        from: number
      }>
  )

const STRUCTURE = 'an extent of a file (btrfs_file_extent_item)'
const COMPRESSIONS = ['none', 'zlib', 'lzo', 'zstd'] as const
const [INLINE, REGULAR, PREALLOCATED] = [0, 1, 2] as const
const MOST_EXTENTS = 1_048_576
/** BTRFS_MAX_COMPRESSED and BTRFS_MAX_UNCOMPRESSED */
export const MOST_COMPRESSED_BYTES = 131_072
/** An inline extent lies in one leaf, and is no longer than a sector. */
const MOST_INLINE_BYTES = 65_536

/** Extents of a file; explicit holes are left out. Throws BTRFS_TOO_MANY above 1 Mi. */
export async function* walkExtents(
  volume: Volume,
  inode: Inode,
  signal?: AbortSignal,
): AsyncGenerator<FileExtent, void, undefined> {
  const { place, subvolume } = inode
  const items = walkObject(volume, subvolume.tree, place.inode, KEY.extentData, STRUCTURE, signal)
  let next = 0
  let count = 0
  for await (const { key, data } of items) {
    const fileOffset = Number(key.offset)
    if (!Number.isSafeInteger(fileOffset) || fileOffset % volume.geometry.sectorSize !== 0)
      throw badField(data, 0, 'the offset of an extent', key.offset, 'a multiple of a sector below 2^53')
    if (fileOffset < next) throw badField(data, 0, 'the offset of an extent', fileOffset, `${next} or more`)
    const extent = readExtent(volume, data, fileOffset)
    next = fileOffset + extent.lengthBytes
    count += 1
    if (count > MOST_EXTENTS) {
      const structure = `inode ${place.inode} of the subvolume ${place.tree}`
      throw raise('BTRFS_TOO_MANY', { structure, limit: MOST_EXTENTS, things: 'extents' })
    }
    if (extent.kind !== 'hole') yield extent
  }
}

type Hole = Readonly<{ kind: 'hole'; fileOffset: number; lengthBytes: number }>

/** As check_extent_data_item does, and for compressed ones with the limits of compression.h. */
function readExtent(volume: Volume, data: Cursor, fileOffset: number): FileExtent | Hole {
  const wholeBytes = data.safe64le(8)
  const compression = COMPRESSIONS[data.u8(16)]
  if (compression === undefined)
    throw badField(data, 16, 'compression', data.u8(16), 'none, zlib, lzo or zstd')
  const encoding = data.u8(17) || data.u16le(18)
  if (encoding !== 0) throw badField(data, 17, 'encryption or another encoding', encoding, 0)
  const type = data.u8(20)
  const common = { fileOffset, compression }
  if (type === INLINE) {
    const storedBytes = data.length - INLINE_AT
    const fits = compression === 'none' ? wholeBytes === storedBytes : wholeBytes <= MOST_INLINE_BYTES
    if (!fits) throw badField(data, 8, 'ram_bytes', wholeBytes, storedBytes)
    if (fileOffset !== 0) throw badField(data, 0, 'the offset of an inline extent', fileOffset, 0)
    return { kind: 'inline', ...common, lengthBytes: wholeBytes, stored: data.slice(INLINE_AT, storedBytes) }
  }
  if (type !== REGULAR && type !== PREALLOCATED) throw badField(data, 20, 'type', type, '0, 1 or 2')
  if (data.length !== FILE_EXTENT_BYTES)
    throw badField(data, 0, 'the length of an extent item', data.length, FILE_EXTENT_BYTES)
  const logical = data.safe64le(21)
  const storedBytes = data.safe64le(29)
  const from = data.safe64le(37)
  const lengthBytes = data.safe64le(45)
  const { sectorSize } = volume.geometry
  for (const [at, value] of [
    [21, logical],
    [29, storedBytes],
    [37, from],
    [45, lengthBytes],
  ] as const) {
    if (value % sectorSize !== 0)
      throw badField(data, at, 'a place or length', value, 'a multiple of a sector')
  }
  if (lengthBytes === 0 || !Number.isSafeInteger(fileOffset + lengthBytes))
    throw badField(data, 45, 'num_bytes', lengthBytes, 'more than 0, and an end below 2^53')
  if (logical === 0) return { kind: 'hole', fileOffset, lengthBytes }
  if (type === PREALLOCATED) return { kind: 'unwritten', ...common, lengthBytes }
  const room = compression === 'none' ? storedBytes : wholeBytes
  if (from + lengthBytes > room) throw badField(data, 45, 'num_bytes', lengthBytes, `at most ${room - from}`)
  if (compression !== 'none' && Math.max(storedBytes, wholeBytes) > MOST_COMPRESSED_BYTES) {
    const found = `${storedBytes} bytes for ${wholeBytes}`
    throw badField(data, 8, 'a compressed extent', found, `at most ${MOST_COMPRESSED_BYTES}`)
  }
  return { kind: 'data', ...common, lengthBytes, logical, storedBytes, wholeBytes, from }
}
