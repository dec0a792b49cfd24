import { raise } from './errors.ts'

/** More than a link's target may be long. */
const PART_BYTES = 1 << 20
/** A system with 100,000 files needs 5 MiB. */
const MOST_BYTES = 40 * 1024 * 1024

/** Names of entries and targets of links, one behind the other, in parts: one array that grows would be in memory twice at times. */
export class Names {
  readonly #parts: Uint8Array[] = []
  #used = 0

  /** Where it lies from now on. Throws LAYERS_TOO_LARGE. */
  add(name: Uint8Array, layer: string): number {
    const left = PART_BYTES - (this.#used % PART_BYTES)
    // None lies in two parts.
    const offset = name.length <= left ? this.#used : this.#used + left
    const needed = offset + name.length
    const limit = name.length > PART_BYTES ? PART_BYTES : MOST_BYTES
    if (needed > MOST_BYTES || name.length > PART_BYTES)
      throw raise('LAYERS_TOO_LARGE', { layer, limit, what: 'bytes of names' })
    this.#part(offset).set(name, offset % PART_BYTES)
    this.#used = needed
    return offset
  }

  at(offset: number, length: number): Uint8Array {
    const within = offset % PART_BYTES
    return this.#part(offset).subarray(within, within + length)
  }

  isAt(offset: number, length: number, name: Uint8Array): boolean {
    if (length !== name.length) return false
    const part = this.#part(offset)
    const within = offset % PART_BYTES
    for (let index = 0; index < length; index += 1) {
      if (part[within + index] !== name[index]) return false
    }
    return true
  }

  #part(offset: number): Uint8Array {
    const index = Math.floor(offset / PART_BYTES)
    this.#parts[index] ??= new Uint8Array(PART_BYTES)
    return this.#parts[index]
  }
}
