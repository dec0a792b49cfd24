import type { Clock } from '../../../ports/index.ts'

type Sleep = Readonly<{ untilMs: number; wake: () => void }>

/**
 * Time that passes only when nothing else is left to do: then the sleep that ends first ends. A deadline comes only where
 * what it limits waits for ever, or sleeps past it.
 */
export class VirtualClock implements Clock {
  nowMs = 0
  readonly #sleeps = new Set<Sleep>()
  #isWaiting = false
  #isHeld = false

  now(): number {
    return this.nowMs
  }

  monotonic(): number {
    return this.nowMs
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.resolve()
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#sleeps.delete(sleep)
        resolve()
      }
      const sleep = { untilMs: this.nowMs + ms, wake }
      this.#sleeps.add(sleep)
      signal?.addEventListener('abort', wake, { once: true })
      this.#wait()
    })
  }

  /** No time passes, although everybody waits for it. */
  hold(): void {
    this.#isHeld = true
  }

  go(): void {
    this.#isHeld = false
    this.#wait()
  }

  #wait(): void {
    if (this.#isWaiting || this.#isHeld) return
    this.#isWaiting = true
    setImmediate(() => {
      this.#isWaiting = false
      if (this.#isHeld) return
      const [next] = [...this.#sleeps].toSorted((a, b) => a.untilMs - b.untilMs)
      if (next === undefined) return
      this.nowMs = next.untilMs
      next.wake()
      if (this.#sleeps.size > 0) this.#wait()
    })
  }
}
