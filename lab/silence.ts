import { machineLoad } from './machine-load.ts'

/**
 * A deadline that bounds silence, not work: it starts afresh whenever what is watched has changed. A busy machine gets
 * more of it.
 */
export class Silence {
  readonly #limitMs: number
  readonly #now: () => number
  readonly #load: () => number
  readonly #startedAt: number
  #changedAt: number
  #last = ''

  constructor(limitMs: number, now = () => performance.now(), load: () => number = machineLoad) {
    this.#limitMs = limitMs
    this.#now = now
    this.#load = load
    this.#startedAt = this.#changedAt = now()
  }

  /** True once what is watched has stayed the same for too long. */
  over(watched: string): boolean {
    const now = this.#now()
    if (watched !== this.#last) this.#changedAt = now
    this.#last = watched
    return now - this.#changedAt > this.#limitMs * this.#load()
  }

  /** Whole seconds since the wait began. */
  get seconds(): number {
    return Math.round((this.#now() - this.#startedAt) / 1000)
  }
}
