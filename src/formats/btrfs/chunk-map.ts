import type { Cursor } from '../../bytes/index.ts'
import { badField } from './damage.ts'
import { equal } from './checksum.ts'
import { raise } from './errors.ts'
import { CHUNK, KEY, KEY_BYTES, STRIPE } from './layout.ts'
import type { Geometry } from './superblock.ts'

/** A range of logical addresses, and where its copies begin on the device, in bytes. */
export type Chunk = Readonly<{
  logical: number
  lengthBytes: number
  copies: readonly number[]
}>

const MOST_CHUNKS = 262_144
const MOST_COPIES = 4
/** BTRFS_BLOCK_GROUP_…: what a profile's bit is called. RAID1 on one device is like DUP. */
const REFUSED_PROFILES = [
  [3, 'RAID0'],
  [6, 'RAID10'],
  [7, 'RAID5'],
  [8, 'RAID6'],
] as const
const SYSTEM = 2n

/** All chunks in order of their logical addresses; finding one takes the logarithm of their number. */
export class ChunkMap {
  readonly chunks: readonly Chunk[]

  /** Throws BTRFS_BAD_FIELD where two of them overlap. */
  constructor(chunks: readonly Chunk[]) {
    this.chunks = chunks.toSorted((a, b) => a.logical - b.logical)
    for (const [index, chunk] of this.chunks.entries()) {
      const before = this.chunks[index - 1]
      if (before !== undefined && before.logical + before.lengthBytes > chunk.logical) {
        throw badField(
          { structure: CHUNK.name, base: 0 },
          0,
          'a logical address',
          chunk.logical,
          `${before.logical + before.lengthBytes} or more`,
        )
      }
    }
  }

  /** Where the logical address of the end lies. */
  get endBytes(): number {
    const last = this.chunks.at(-1)
    return last === undefined ? 0 : last.logical + last.lengthBytes
  }

  /** The chunk that has the address; undefined where none has. */
  find(logical: number): Chunk | undefined {
    let low = 0
    let high = this.chunks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const one = this.chunks[middle]
      if (one !== undefined && one.logical + one.lengthBytes <= logical) low = middle + 1
      else high = middle
    }
    const found = this.chunks[low]
    return found !== undefined && found.logical <= logical ? found : undefined
  }

  /** Where the copies of a range lie on the device, in bytes. Throws BTRFS_NOT_MAPPED unless one chunk has all of it. */
  placesOf(logical: number, lengthBytes: number, structure: string): readonly number[] {
    const chunk = this.find(logical)
    if (chunk === undefined || logical + lengthBytes > chunk.logical + chunk.lengthBytes) {
      throw raise('BTRFS_NOT_MAPPED', { structure, logical, lengthBytes })
    }
    return chunk.copies.map((start) => start + logical - chunk.logical)
  }
}

/** The chunks in the superblock: enough to read the chunk tree. */
export function systemChunks(geometry: Geometry, source: string): readonly Chunk[] {
  const { systemChunks: cursor } = geometry
  const chunks: Chunk[] = []
  for (let at = 0; at < cursor.length;) {
    const type = cursor.u8(at + 8)
    if (type !== KEY.chunkItem) throw badField(cursor, at + 8, 'the type of a key', type, KEY.chunkItem)
    const logical = cursor.safe64le(at + 9)
    const length = CHUNK.sizeBytes + cursor.u16le(at + KEY_BYTES + 44) * STRIPE.sizeBytes
    const item = cursor.sub(at + KEY_BYTES, length, CHUNK.name)
    const profile = CHUNK.read(item.bytes, item.base).type
    if ((profile & SYSTEM) === 0n)
      throw badField(item, 24, 'the type of a chunk', profile, 'that of a system chunk')
    chunks.push(readChunk(geometry, logical, item, source))
    at += KEY_BYTES + length
  }
  return chunks
}

/** As btrfs_check_chunk_valid does. Throws BTRFS_SEVERAL_DEVICES, BTRFS_PROFILE_UNSUPPORTED, too. */
export function readChunk(geometry: Geometry, logical: number, item: Cursor, source: string): Chunk {
  const { sectorSize, sizeBytes, device } = geometry
  const chunk = CHUNK.read(item.bytes, item.base)
  const { lengthBytes, type, stripes } = chunk
  for (const [bit, profile] of REFUSED_PROFILES) {
    if ((type >> BigInt(bit)) & 1n) throw raise('BTRFS_PROFILE_UNSUPPORTED', { source, profile })
  }
  if (stripes < 1 || stripes > MOST_COPIES)
    throw badField(item, 44, 'num_stripes', stripes, `1 to ${MOST_COPIES}`)
  const copies = Array.from({ length: stripes }, (_, index) => {
    const at = CHUNK.sizeBytes + index * STRIPE.sizeBytes
    const stripe = STRIPE.read(item.slice(at, STRIPE.sizeBytes), item.base + at)
    if (stripe.device !== device.id || !equal(stripe.uuid, device.uuid)) {
      throw raise('BTRFS_SEVERAL_DEVICES', { source, count: '2 or more' })
    }
    if (stripe.offsetBytes % sectorSize !== 0 || stripe.offsetBytes + lengthBytes > sizeBytes) {
      const expected = `a place for ${lengthBytes} bytes in the device of ${sizeBytes}`
      throw badField(item, at + 8, 'the offset of a stripe', stripe.offsetBytes, expected)
    }
    return stripe.offsetBytes
  })
  if (logical % sectorSize !== 0 || !Number.isSafeInteger(logical + lengthBytes))
    throw badField(item, 0, 'the logical address', logical, 'a multiple of a sector below 2^53')
  if (lengthBytes === 0 || lengthBytes % sectorSize !== 0)
    throw badField(item, 0, 'length', lengthBytes, 'a multiple of a sector')
  return { logical, lengthBytes, copies }
}

/** Throws BTRFS_TOO_MANY. */
export function checkCount(count: number): void {
  if (count > MOST_CHUNKS)
    throw raise('BTRFS_TOO_MANY', { structure: 'the chunk tree', limit: MOST_CHUNKS, things: 'chunks' })
}
