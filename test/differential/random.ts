/** How much of everything an image gets. Small ones are made and compared in a fraction of a second. */
export type Size = 'usual' | 'small'

/** Numbers that look random and are the same for the same seed (mulberry32). */
export class Random {
  #state: number
  readonly #size: Size

  constructor(seed: number, size: Size = 'usual') {
    this.#state = seed >>> 0
    this.#size = size
  }

  /** What to draw from, by the size that was asked for. */
  sized<T>(usual: T, small: T): T {
    return this.#size === 'small' ? small : usual
  }

  /** 0 up to and without `below`. */
  below(below: number): number {
    this.#state = (this.#state + 0x6d_2b_79_f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }

  between(least: number, most: number): number {
    return least + this.below(most - least + 1)
  }

  chance(percent: number): boolean {
    return this.below(100) < percent
  }

  pick<T>(from: readonly T[]): T {
    const one = from[this.below(from.length)]
    if (one === undefined) throw new RangeError('nothing to pick from')
    return one
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256))
  }
}
