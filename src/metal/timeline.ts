import type { MetalNode } from './node.ts'

/** One state of a node and how long it was seen in it. */
export type Stretch = Readonly<{
  state: string
  /** The step of the deployment that ran. */
  step?: string
  power?: string
  /** RFC 3339. */
  at: string
  seconds: number
}>

/**
 * What a node passed through. A state that is shorter than the time between two looks can be missed, and each time is
 * uncertain by that much.
 */
export class Timeline {
  #stretches: Stretch[] = []
  #open: Readonly<{ key: string; since: number; stretch: Omit<Stretch, 'seconds'> }> | undefined

  /** Notes what was seen. Gives the stretch that begins with it; undefined where nothing changed. */
  see(node: MetalNode, monotonicMs: number, nowMs: number): Omit<Stretch, 'seconds'> | undefined {
    const { provisionState: state, step, powerState } = node
    return this.enter(
      {
        state,
        ...(step === undefined ? {} : { step }),
        ...(powerState === undefined ? {} : { power: powerState }),
      },
      monotonicMs,
      nowMs,
    )
  }

  enter(
    what: Readonly<{ state: string; step?: string; power?: string }>,
    monotonicMs: number,
    nowMs: number,
  ): Omit<Stretch, 'seconds'> | undefined {
    const key = JSON.stringify([what.state, what.step, what.power])
    if (this.#open?.key === key) return undefined
    this.close(monotonicMs)
    const stretch = { ...what, at: new Date(nowMs).toISOString() }
    this.#open = { key, since: monotonicMs, stretch }
    return stretch
  }

  /** Ends the last stretch. */
  close(monotonicMs: number): readonly Stretch[] {
    if (this.#open !== undefined) {
      const seconds = Math.round((monotonicMs - this.#open.since) / 10) / 100
      this.#stretches = [...this.#stretches, { ...this.#open.stretch, seconds }]
      this.#open = undefined
    }
    return this.#stretches
  }
}
