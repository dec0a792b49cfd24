import { raise } from './errors.ts'

export type Xattrs = readonly (readonly [string, Uint8Array])[]

const MOST_BYTES = 16 * 1024 * 1024

/** Extended attributes: many files have the same ones, which are kept once. */
export class XattrSets {
  readonly #sets: Xattrs[] = [[]]
  readonly #known = new Map<string, number>()
  #bytes = 0

  /** Its number. Throws LAYERS_TOO_LARGE. */
  add(xattrs: Xattrs, layer: string): number {
    if (xattrs.length === 0) return 0
    const latin1 = new TextDecoder('latin1')
    const key = JSON.stringify(xattrs.map(([name, value]) => [name, latin1.decode(value)]))
    const known = this.#known.get(key)
    if (known !== undefined) return known
    this.#bytes += key.length
    if (this.#bytes > MOST_BYTES) {
      throw raise('LAYERS_TOO_LARGE', { layer, limit: MOST_BYTES, what: 'bytes of extended attributes' })
    }
    const number = this.#sets.push(xattrs.map(([name, value]) => [name, new Uint8Array(value)])) - 1
    this.#known.set(key, number)
    return number
  }

  get(number: number): Xattrs {
    return this.#sets[number] ?? []
  }
}
