import { TYPE, indexReader } from './cluster-index.ts'
import type { Logical, ReadIndex } from './cluster-index.ts'
import { badField } from './errors.ts'
import type { Inode } from './inode.ts'
import { MOST_UNPACKED_BYTES } from './layout.ts'
import { MAP_HEADER } from './map-header.ts'
import type { ClusterMap } from './map-header.ts'
import type { Volume } from './volume.ts'

/** A stretch of the content, and the cluster on the disk that gives it. */
export type Cluster = Readonly<{
  startBytes: number
  lengthBytes: number
  /** Number of an algorithm; `shifted` and `interlaced` are stored as they are, the latter turned within a block. */
  packedWith: number | 'shifted' | 'interlaced'
  packedBytes: number
  /** In the image, or in the metadata of the inode. */
  where: 'blocks' | 'inode'
  atBytes: number
  /** It holds more than the stretch: others share it. */
  isPartial: boolean
}>

/** Where the last stretch of the content is in the packed inode. */
export type Fragment = Readonly<{ startBytes: number; lengthBytes: number; fragmentBytes: number }>

type Head = Exclude<Logical, Readonly<{ type: 2 }>>

/** Finds the cluster, or the fragment, of a byte. INVARIANTS: a cluster gives no more than Linux reads, so each walk is short. */
export class ClusterFinder {
  readonly #inode: Inode
  readonly #map: ClusterMap
  readonly #read: ReadIndex
  readonly #blockSize: number
  readonly #clusterBytes: number
  readonly #mostSteps: number
  #tail: Promise<Readonly<{ head: Head; inlineAt: number }>> | undefined

  constructor(volume: Volume, inode: Inode, map: ClusterMap) {
    this.#inode = inode
    this.#map = map
    this.#read = indexReader(volume, inode, map)
    this.#blockSize = volume.geometry.blockSize
    this.#clusterBytes = 2 ** map.clusterBits
    this.#mostSteps = Math.ceil(MOST_UNPACKED_BYTES / this.#clusterBytes) + 2
  }

  async find(offset: number): Promise<Cluster | Fragment> {
    const { head, blocks } = await this.#headOf(offset)
    const startBytes = this.#startOf(head)
    const lengthBytes = (await this.#endOf(head)) - startBytes
    if (lengthBytes <= 0 || lengthBytes > MOST_UNPACKED_BYTES)
      throw this.#bad('the length of a cluster', lengthBytes, `1 to ${MOST_UNPACKED_BYTES}`)
    const { inlineBytes, hasFragment } = this.#map
    const tail = inlineBytes > 0 || hasFragment ? await this.#tailOf() : undefined
    if (tail !== undefined && tail.head.number === head.number) {
      if (hasFragment) {
        const high = this.#inode.layout === 'compressed full' ? head.block * 2 ** 32 : 0
        return { startBytes, lengthBytes, fragmentBytes: high + this.#map.fragmentLow }
      }
      const packed = { packedBytes: inlineBytes, where: 'inode', atBytes: tail.inlineAt } as const
      return this.#cluster(head, startBytes, lengthBytes, packed)
    }
    const packedBytes = (await this.#blocksOf(head, blocks)) * this.#blockSize
    return this.#cluster(head, startBytes, lengthBytes, {
      packedBytes,
      where: 'blocks',
      atBytes: head.block * this.#blockSize,
    })
  }

  #cluster(
    head: Head,
    startBytes: number,
    lengthBytes: number,
    packed: Pick<Cluster, 'packedBytes' | 'where' | 'atBytes'>,
  ): Cluster {
    const { algorithms, isInterlaced } = this.#map
    const plain = isInterlaced ? 'interlaced' : 'shifted'
    const packedWith =
      head.type === TYPE.plain ? plain : head.type === TYPE.head2 ? algorithms[1] : algorithms[0]
    return { startBytes, lengthBytes, packedWith, isPartial: head.isPartial, ...packed }
  }

  /** The last cluster whose beginning is not behind the byte; `blocks` where the way there told how many it has. */
  async #headOf(offset: number): Promise<Readonly<{ head: Head; blocks: number | undefined }>> {
    let number = Math.floor(offset / this.#clusterBytes)
    let logical = await this.#read(number)
    if (logical.type !== TYPE.nonhead && this.#startOf(logical) > offset) {
      if (number === 0) throw this.#bad('the beginning of the first cluster', logical.offset, 0)
      number -= 1
      logical = await this.#read(number)
    }
    let blocks: number | undefined
    for (let steps = 0; logical.type === TYPE.nonhead; steps += 1) {
      const { back } = logical
      if (back < 1 || back > number || steps > this.#mostSteps)
        throw this.#bad('the distance to the beginning of a cluster', back, `1 to ${number}`)
      number -= back
      const from = logical
      logical = await this.#read(number)
      if (logical.type !== TYPE.nonhead && back === 1) ({ blocks } = from)
    }
    return { head: logical, blocks }
  }

  #startOf(head: Head): number {
    return head.number * this.#clusterBytes + head.offset
  }

  /** Where the next cluster begins, or the content ends. */
  async #endOf(head: Head): Promise<number> {
    const { sizeBytes } = this.#inode.stat
    let number = head.number + 1
    for (let steps = 0; number * this.#clusterBytes < sizeBytes; steps += 1) {
      if (steps > this.#mostSteps)
        throw this.#bad('the length of a cluster', 'more', `at most ${MOST_UNPACKED_BYTES}`)
      const logical = await this.#read(number)
      if (logical.type !== TYPE.nonhead) return Math.min(this.#startOf(logical), sizeBytes)
      // mkfs.erofs before 1.0 wrote zeros there.
      number += Math.max(1, logical.forward)
    }
    return sizeBytes
  }

  /** z_erofs_get_extent_compressedlen: what follows the beginning tells it, where clusters may have several blocks. */
  async #blocksOf(head: Head, known: number | undefined): Promise<number> {
    const isBig = this.#map.isBig[head.type === TYPE.head1 ? 0 : 1]
    const next = head.number + 1
    if (!isBig || next * this.#clusterBytes >= this.#inode.stat.sizeBytes) return 1
    if (known !== undefined) return this.#checked(known)
    const logical = await this.#read(next)
    if (logical.type !== TYPE.nonhead) return 1
    if (logical.back !== 1 || logical.blocks === undefined)
      throw this.#bad('the number of blocks of a cluster', 'absent', 'there')
    return this.#checked(logical.blocks)
  }

  #checked(blocks: number): number {
    if (blocks < 1) throw this.#bad('the number of blocks of a cluster', blocks, 'at least 1')
    return blocks
  }

  /** The last cluster: with a tail behind the indices, or in the packed inode. */
  #tailOf(): Promise<Readonly<{ head: Head; inlineAt: number }>> {
    this.#tail ??= (async () => {
      const last = this.#inode.stat.sizeBytes - 1
      const { nextAt } = await this.#read(Math.floor(last / this.#clusterBytes))
      return { head: (await this.#headOf(last)).head, inlineAt: nextAt }
    })()
    return this.#tail
  }

  #bad(field: string, found: string | number, expected: string | number): Error {
    return badField({ structure: MAP_HEADER, base: this.#map.endAt - 8 }, 0, field, found, expected)
  }
}
