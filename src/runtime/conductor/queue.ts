/** At most so many at a time; the others wait in their order. One that is aborted while it waits goes through at once. */
export class Queue {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(places: number) {
    this.#free = places
  }

  async through<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const has = await this.#place(signal)
    try {
      return await work()
    } finally {
      if (has === 'a place') this.#leave()
    }
  }

  async #place(signal: AbortSignal): Promise<'a place' | 'none'> {
    if (this.#free > 0) {
      this.#free -= 1
      return 'a place'
    }
    return new Promise((resolve) => {
      const go = (): void => resolve('a place')
      this.#waiting.push(go)
      signal.addEventListener(
        'abort',
        () => {
          const index = this.#waiting.indexOf(go)
          if (index >= 0) this.#waiting.splice(index, 1)
          if (index >= 0) resolve('none')
        },
        { once: true },
      )
    })
  }

  #leave(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free += 1
    else next()
  }
}
