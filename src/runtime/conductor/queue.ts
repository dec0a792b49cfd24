import { byPlace } from '../../conductor/index.ts'

type Waiting = Readonly<{ place: string | undefined; go: () => void }>

type Turn = Readonly<{
  place?: string | undefined
  /** It is at work already: it goes on at once, and later ones wait for it. */
  isBegun?: boolean
}>

/**
 * At most so many at a time. The others wait in the order of their places, those of the same place in the order in which they came.
 * One that is aborted while it waits goes through at once.
 */
export class Queue {
  #free: number
  readonly #waiting: Waiting[] = []

  constructor(places: number) {
    this.#free = places
  }

  async through<T>(work: () => Promise<T>, signal: AbortSignal, turn: Turn = {}): Promise<T> {
    const has = await this.#place(signal, turn)
    try {
      return await work()
    } finally {
      if (has === 'a place') this.#leave()
    }
  }

  async #place(signal: AbortSignal, { place, isBegun }: Turn): Promise<'a place' | 'none'> {
    if (this.#free > 0 || isBegun === true) {
      this.#free -= 1
      return 'a place'
    }
    return new Promise((resolve) => {
      const mine: Waiting = { place, go: () => resolve('a place') }
      const behind = this.#waiting.findIndex((one) => byPlace(place, one.place) < 0)
      this.#waiting.splice(behind < 0 ? this.#waiting.length : behind, 0, mine)
      signal.addEventListener(
        'abort',
        () => {
          const index = this.#waiting.indexOf(mine)
          if (index >= 0) this.#waiting.splice(index, 1)
          if (index >= 0) resolve('none')
        },
        { once: true },
      )
    })
  }

  #leave(): void {
    const next = this.#free < 0 ? undefined : this.#waiting.shift()
    if (next === undefined) this.#free += 1
    else next.go()
  }
}
