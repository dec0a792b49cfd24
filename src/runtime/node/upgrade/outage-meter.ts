import type { Clock, Hypervisor } from '../../../ports/index.ts'

export type Outage = Readonly<{
  /** From the last answer before the gap to the first one after it, in milliseconds; 0 where none was seen. */
  longestGapMs: number
  /** Complete opens of the API that were answered. */
  answers: number
  failures: number
}>

/**
 * Measures how long the hypervisor's API does not answer, by asking all the time.
 * A gap runs from the last answered ask to the first answered one after it, so it is never too small.
 */
export class OutageMeter {
  readonly #hypervisor: Hypervisor
  readonly #clock: Clock
  readonly #intervalMs: number
  readonly #stop = new AbortController()
  #loop: Promise<void> | undefined
  #lastAnswer: number | undefined
  #longestGapMs = 0
  #answers = 0
  #failures = 0
  #failedSinceAnswer = false

  constructor(hypervisor: Hypervisor, clock: Clock, intervalMs = 10) {
    this.#hypervisor = hypervisor
    this.#clock = clock
    this.#intervalMs = intervalMs
  }

  start(): void {
    this.#loop ??= this.#run()
  }

  async stop(): Promise<Outage> {
    this.#stop.abort()
    await this.#loop
    return { longestGapMs: Math.round(this.#longestGapMs), answers: this.#answers, failures: this.#failures }
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        await this.#hypervisor.ping(2000)
        const now = this.#clock.monotonic()
        if (this.#lastAnswer !== undefined && this.#failedSinceAnswer) {
          this.#longestGapMs = Math.max(this.#longestGapMs, now - this.#lastAnswer)
        }
        this.#failedSinceAnswer = false
        this.#lastAnswer = now
        this.#answers += 1
      } catch {
        this.#failedSinceAnswer = true
        this.#failures += 1
      }
      await this.#clock.sleep(this.#intervalMs, this.#stop.signal).catch(() => undefined)
    }
  }
}
