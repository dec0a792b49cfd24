import type { Cluster, Fragment } from './cluster-map.ts'
import { badField } from './errors.ts'
import type { Inode } from './inode.ts'
import { MOST_UNPACKED_BYTES } from './layout.ts'
import type { ExtentTable } from './map-header.ts'
import { readMeta } from './volume.ts'
import type { Volume } from './volume.ts'

const STRUCTURE = 'an extent (z_erofs_extent)'
const PARTIAL = 0x800_0000
/** Z_EROFS_EXTENT_PLEN_MASK */
const LENGTH_MASK = 0x1f_ffff

export type Hole = Readonly<{ startBytes: number; lengthBytes: number; isHole: true }>

type Extent = Readonly<{
  startBytes: number
  endBytes: number
  word: number
  atBytes: number
  isLast: boolean
}>

/** Finds the extent of a byte in a table that has no indices: sorted, or one for each stretch of one length. */
export class ExtentFinder {
  readonly #inode: Inode
  readonly #table: ExtentTable
  readonly #blockSize: number
  /** Of records that tell no place: how far they have been added up. */
  #reached: Readonly<{ index: number; atBytes: number }> | undefined

  constructor(volume: Volume, inode: Inode, table: ExtentTable) {
    this.#inode = inode
    this.#table = table
    this.#blockSize = volume.geometry.blockSize
  }

  async find(offset: number): Promise<Cluster | Fragment | Hole> {
    const { recordBytes, hasFragment, isInterlaced } = this.#table
    const extent = recordBytes > 8 ? await this.#search(offset) : await this.#count(offset)
    const { startBytes, endBytes, word, atBytes, isLast } = extent
    const lengthBytes = endBytes - startBytes
    if (isLast && hasFragment) {
      const high = recordBytes > 4 ? atBytes * 2 ** 32 : 0
      return { startBytes, lengthBytes, fragmentBytes: word + high }
    }
    const packedBytes = word & LENGTH_MASK
    if (packedBytes === 0) return { startBytes, lengthBytes, isHole: true }
    if (lengthBytes > MOST_UNPACKED_BYTES)
      throw this.#bad('its length', lengthBytes, `at most ${MOST_UNPACKED_BYTES}`)
    const format = word >>> 28
    const isWhole = atBytes % this.#blockSize === 0 && packedBytes % this.#blockSize === 0
    return {
      startBytes,
      lengthBytes,
      packedWith: format > 0 ? format - 1 : isInterlaced && isWhole ? 'interlaced' : 'shifted',
      packedBytes,
      where: 'blocks',
      atBytes,
      isPartial: (word & PARTIAL) !== 0,
    }
  }

  /** Records with the byte at which each begins: by halves. */
  async #search(offset: number): Promise<Extent> {
    let [low, high] = [0, this.#table.count]
    let found: Extent | undefined
    let endBytes = this.#inode.stat.sizeBytes
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      const record = await this.#record(middle)
      if (record.startBytes > offset) {
        high = middle
        if (record.startBytes > endBytes)
          throw this.#bad('its beginning', record.startBytes, `at most ${endBytes}`)
        endBytes = record.startBytes
      } else {
        low = middle + 1
        found = { ...record, endBytes, isLast: false }
      }
    }
    if (found === undefined || found.startBytes >= endBytes)
      throw this.#bad('the first extent', 'absent', 'there')
    return { ...found, endBytes, isLast: low >= this.#table.count }
  }

  /** Records for stretches of one length: with a place, or one behind the other. */
  async #count(offset: number): Promise<Extent> {
    const { recordBytes, firstAt, clusterBits } = this.#table
    const stretch = 2 ** clusterBits
    const index = Math.floor(offset / stretch)
    const { sizeBytes } = this.#inode.stat
    const startBytes = index * stretch
    const range = {
      startBytes,
      endBytes: Math.min(startBytes + stretch, sizeBytes),
      isLast: startBytes + stretch >= Math.ceil(sizeBytes / stretch) * stretch,
    }
    if (recordBytes === 8) {
      const entry = await readMeta(this.#inode.meta, firstAt + index * 8, 8, STRUCTURE)
      return { ...range, word: entry.u32le(0), atBytes: entry.u32le(4) }
    }
    const reached = this.#reached
    let from = reached !== undefined && reached.index <= index ? reached : undefined
    if (from === undefined) {
      const place = await readMeta(this.#inode.meta, firstAt, 8, STRUCTURE)
      from = { index: 0, atBytes: place.safe64le(0) }
    }
    let { atBytes } = from
    for (let at = from.index; ; at += 1) {
      const word = (await readMeta(this.#inode.meta, firstAt + 8 + at * 4, 4, STRUCTURE)).u32le(0)
      if (at === index) {
        this.#reached = { index, atBytes }
        return { ...range, word, atBytes }
      }
      atBytes += word & LENGTH_MASK
    }
  }

  async #record(index: number): Promise<Pick<Extent, 'startBytes' | 'word' | 'atBytes'>> {
    const { recordBytes, firstAt } = this.#table
    const entry = await readMeta(this.#inode.meta, firstAt + index * recordBytes, recordBytes, STRUCTURE)
    const high = recordBytes > 16 ? entry.u32le(16) * 2 ** 32 : 0
    const atBytes = entry.u32le(4) + entry.u32le(8) * 2 ** 32
    if (!Number.isSafeInteger(atBytes) || !Number.isSafeInteger(high))
      throw this.#bad('its place', atBytes, 'less than 2^53')
    return { word: entry.u32le(0), atBytes, startBytes: entry.u32le(12) + high }
  }

  #bad(field: string, found: string | number, expected: string | number): Error {
    return badField({ structure: STRUCTURE, base: this.#table.firstAt }, 0, field, found, expected)
  }
}
