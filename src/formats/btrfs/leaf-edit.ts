import type { Patch } from '../../bytes/index.ts'
import { HEADER_BYTES, ITEM_BYTES } from './layout.ts'
import type { TreeNode } from './tree-node.ts'
import type { Volume } from './volume.ts'

/**
 * A leaf with other items in it, at the place where it is: its keys, its generation and whatever points to it stay as they
 * are. Gives the whole leaf as a patch for each copy, with its checksum made right.
 */
export class LeafEdit {
  readonly #volume: Volume
  readonly #logical: number
  readonly #count: number
  readonly #bytes: Uint8Array
  readonly #view: DataView

  constructor(volume: Volume, { cursor, count }: TreeNode) {
    this.#volume = volume
    this.#logical = cursor.safe64le(48)
    this.#count = count
    this.#bytes = new Uint8Array(cursor.bytes)
    this.#view = new DataView(this.#bytes.buffer)
  }

  /** Other bytes in an item, from `at` of it on. */
  overwrite(index: number, at: number, bytes: Uint8Array): void {
    const { start, length } = this.#item(index)
    if (at + bytes.length > length) throw new RangeError(`item ${index} has ${length} bytes`)
    this.#bytes.set(bytes, start + at)
  }

  read64(index: number, at: number): bigint {
    return this.#view.getBigUint64(this.#item(index).start + at, true)
  }

  write64(index: number, at: number, value: bigint): void {
    this.#view.setBigUint64(this.#item(index).start + at, value, true)
  }

  /** Other bytes as the item; false where the leaf has no room for them. Items behind it move, for they lie without gaps. */
  replace(index: number, bytes: Uint8Array): boolean {
    const old = this.#item(index)
    const last = this.#item(this.#count - 1)
    const growth = bytes.length - old.length
    if (last.start - growth < HEADER_BYTES + this.#count * ITEM_BYTES) return false
    // Later items lie nearer to the front.
    this.#bytes.copyWithin(last.start - growth, last.start, old.start)
    this.#bytes.set(bytes, old.start - growth)
    for (let item = index; item < this.#count; item += 1) {
      const at = HEADER_BYTES + item * ITEM_BYTES + 17
      this.#view.setUint32(at, this.#view.getUint32(at, true) - growth, true)
    }
    this.#view.setUint32(HEADER_BYTES + index * ITEM_BYTES + 21, bytes.length, true)
    return true
  }

  patches(): readonly Patch[] {
    const { geometry, chunks } = this.#volume
    this.#bytes.set(geometry.checksum.of(this.#bytes.subarray(CHECKSUM_BYTES)))
    const places = chunks.placesOf(this.#logical, geometry.nodeSize, 'a tree node')
    return places.map((offsetBytes) => ({ offsetBytes, bytes: this.#bytes }))
  }

  #item(index: number): Readonly<{ start: number; length: number }> {
    const at = HEADER_BYTES + index * ITEM_BYTES
    return {
      start: HEADER_BYTES + this.#view.getUint32(at + 17, true),
      length: this.#view.getUint32(at + 21, true),
    }
  }
}

/** What a header reserves for the checksum, which covers what follows. */
const CHECKSUM_BYTES = 32
