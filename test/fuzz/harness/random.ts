/** A small generator of its own, so that a run can be repeated: mulberry32. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** 0 … 2^32 - 1 */
  u32(): number {
    this.#state = (this.#state + 0x6d_2b_79_f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }

  /** 0 … below - 1 */
  below(limit: number): number {
    if (limit <= 0x1_0000_0000) return limit <= 1 ? 0 : this.u32() % limit
    return Math.floor((this.u32() / 0x1_0000_0000) * limit)
  }

  chance(of: number): boolean {
    return this.u32() / 0x1_0000_0000 < of
  }

  pick<T>(from: readonly T[]): T | undefined {
    return from[this.below(from.length)]
  }
}
