import { raise } from './errors.ts'

const FIRST_BYTES = 1 << 16
/** A system with 100,000 files needs 5 MiB. */
const MOST_BYTES = 64 * 1024 * 1024

/** Names of entries and targets of links, one behind the other in one array. */
export class Names {
  bytes = new Uint8Array(FIRST_BYTES)
  #used = 0

  /** Where it lies from now on. Throws LAYERS_TOO_LARGE. */
  add(name: Uint8Array, layer: string): number {
    const offset = this.#used
    const needed = offset + name.length
    if (needed > MOST_BYTES)
      throw raise('LAYERS_TOO_LARGE', { layer, limit: MOST_BYTES, what: 'bytes of names' })
    if (needed > this.bytes.length) {
      const larger = new Uint8Array(Math.max(needed, this.bytes.length * 2))
      larger.set(this.bytes)
      this.bytes = larger
    }
    this.bytes.set(name, offset)
    this.#used = needed
    return offset
  }

  at(offset: number, length: number): Uint8Array {
    return this.bytes.subarray(offset, offset + length)
  }

  isAt(offset: number, length: number, name: Uint8Array): boolean {
    if (length !== name.length) return false
    const { bytes } = this
    for (let index = 0; index < length; index += 1) {
      if (bytes[offset + index] !== name[index]) return false
    }
    return true
  }
}
