import { isAnnealError } from '../../core/index.ts'
import type { Clock } from '../../ports/index.ts'

/** How long a service may be away while something is waited for that it does: as long as a restart takes. */
const PATIENCE_MS = 120_000

/**
 * Reads again and again through a service's absence. Gives undefined for a look that failed in a way that passes; throws
 * when that has gone on for too long.
 */
export class PatientReader<T> {
  readonly #read: () => Promise<T>
  readonly #clock: Clock
  #awaySince: number | undefined

  constructor(read: () => Promise<T>, clock: Clock) {
    this.#read = read
    this.#clock = clock
  }

  async look(): Promise<T | undefined> {
    try {
      const value = await this.#read()
      this.#awaySince = undefined
      return value
    } catch (error) {
      if (!isAnnealError(error) || !error.retry) throw error
      const now = this.#clock.monotonic()
      this.#awaySince ??= now
      if (now - this.#awaySince > PATIENCE_MS) throw error
      return undefined
    }
  }
}
