import { Units, at, crc32cRaw, safe64le, struct, u32le } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'

export const THIN_BLOCK_BYTES = 4096

/** Keys follow, room for `most` of them, and then as many values. */
const NODE = struct('node_header', 32, {
  checksum: at(0, u32le),
  flags: at(4, u32le),
  block: at(8, safe64le),
  count: at(16, u32le),
  most: at(20, u32le),
  valueBytes: at(24, u32le),
})
const CHECKSUM_XOR = 121_107
const INTERNAL = 1
const LEAF = 2
const VALUE_BYTES = 8
/** 84 children at least but for the root: far more than any metadata hold. */
const MOST_LEVELS = 12
const KEPT_BYTES = 2 << 20

type Node = Readonly<{ isLeaf: boolean; keys: readonly number[]; values: readonly bigint[] }>
type Entry = Readonly<{ key: number; value: bigint }>

/** B+trees of persistent-data whose values are numbers of 64 bits (drivers/md/persistent-data/dm-btree-internal.h). */
export class ThinTree {
  readonly #source: ByteSource
  readonly #damaged: (reason: string) => Error
  readonly #nodes = new Units<Node>(KEPT_BYTES)

  constructor(source: ByteSource, damaged: (reason: string) => Error) {
    this.#source = source
    this.#damaged = damaged
  }

  /** Entries with keys from `first` to `last`, in order. What `damaged` makes is thrown where the tree is not one. */
  async *entries(root: number, first: number, last: number, signal?: AbortSignal): AsyncGenerator<Entry> {
    yield* this.#below(root, { first, last, least: 0, end: Infinity, level: 0, signal })
  }

  async *#below(
    block: number,
    range: Readonly<{
      first: number
      last: number
      /** What the parent says of the keys in this node. */
      least: number
      end: number
      level: number
      signal: AbortSignal | undefined
    }>,
  ): AsyncGenerator<Entry> {
    const { first, last, least, end, level, signal } = range
    signal?.throwIfAborted()
    if (level === MOST_LEVELS) throw this.#damaged('have a tree that does not end')
    const { isLeaf, keys, values } = await this.#nodes.get(block, THIN_BLOCK_BYTES * 4, () =>
      this.#read(block),
    )
    if ((keys[0] ?? least) < least || (keys.at(-1) ?? 0) >= end)
      throw this.#damaged(`have keys in block ${block} that belong elsewhere`)
    // The last key that is not above `first`: what is wanted begins there or behind it.
    let low = 0
    let high = keys.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((keys[middle] ?? 0) <= first) low = middle + 1
      else high = middle
    }
    for (let index = Math.max(0, low - 1); index < keys.length; index += 1) {
      const key = keys[index] ?? 0
      const value = values[index] ?? 0n
      if (key > last) return
      if (!isLeaf) {
        const next = keys[index + 1] ?? end
        yield* this.#below(Number(value), { ...range, least: key, end: next, level: level + 1 })
      } else if (key >= first) yield { key, value }
    }
  }

  async #read(block: number): Promise<Node> {
    const offset = block * THIN_BLOCK_BYTES
    if (!Number.isSafeInteger(offset) || offset + THIN_BLOCK_BYTES > this.#source.size)
      throw this.#damaged(`lead to block ${block} behind their end`)
    const bytes = await this.#source.read(offset, THIN_BLOCK_BYTES)
    const { checksum, flags, block: own, count, most, valueBytes } = NODE.read(bytes, offset)
    if ((crc32cRaw(0xffff_ffff, bytes.subarray(4)) ^ CHECKSUM_XOR) >>> 0 !== checksum)
      throw this.#damaged(`have a wrong checksum in block ${block}`)
    const isRoomy = NODE.sizeBytes + most * (8 + VALUE_BYTES) <= THIN_BLOCK_BYTES
    if (own !== block || valueBytes !== VALUE_BYTES || count > most || !isRoomy)
      throw this.#damaged(`have no node of such a tree in block ${block}`)
    if (flags !== INTERNAL && flags !== LEAF)
      throw this.#damaged(`have a node of kind ${flags} in block ${block}`)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    const keys = Array.from({ length: count }, (_, index) =>
      Number(view.getBigUint64(NODE.sizeBytes + index * 8, true)),
    )
    if (keys.some((key, index) => !Number.isSafeInteger(key) || key <= (keys[index - 1] ?? -1)))
      throw this.#damaged(`have keys out of order in block ${block}`)
    const values = Array.from({ length: count }, (_, index) =>
      view.getBigUint64(NODE.sizeBytes + most * 8 + index * VALUE_BYTES, true),
    )
    return { isLeaf: flags === LEAF, keys, values }
  }
}
