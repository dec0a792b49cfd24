/**
 * Keeps the last used units of something that is costly to make: decompressed blocks, nodes of a tree.
 *
 * INVARIANTS: a unit is made once however many ask for it at a time; a failure is not kept; what is held takes no more than
 * `mostBytes`, but for one unit that is larger by itself.
 */
export class Units<T = Uint8Array> {
  readonly #mostBytes: number
  /** In order of use: the first is the oldest. */
  readonly #held = new Map<number | string, Readonly<{ lengthBytes: number; unit: Promise<T> }>>()
  #bytes = 0

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes
  }

  /** `lengthBytes`: how much it may take at most. Not bound to the caller's signal: others may be waiting for the same unit. */
  get(key: number | string, lengthBytes: number, make: () => Promise<T>): Promise<T> {
    const known = this.#held.get(key)
    if (known !== undefined) {
      this.#held.delete(key)
      this.#held.set(key, known)
      return known.unit
    }
    const unit = make()
    const entry = { lengthBytes, unit }
    this.#held.set(key, entry)
    this.#bytes += lengthBytes
    unit.catch(() => {
      if (this.#held.get(key) === entry) this.#drop(key, lengthBytes)
    })
    for (const [oldest, { lengthBytes: bytes }] of this.#held) {
      if (this.#bytes <= this.#mostBytes || oldest === key) break
      this.#drop(oldest, bytes)
    }
    return unit
  }

  has(key: number | string): boolean {
    return this.#held.has(key)
  }

  #drop(key: number | string, lengthBytes: number): void {
    this.#held.delete(key)
    this.#bytes -= lengthBytes
  }
}
