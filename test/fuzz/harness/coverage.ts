import { Session } from 'node:inspector'
import type { Profiler } from 'node:inspector'

/**
 * V8's precise block coverage of what the reader is made of. Taking it costs milliseconds, whatever was executed: it is
 * taken once for a batch of executions, and for each of them only where the batch reached something new.
 */
export class Coverage {
  readonly #session = new Session()
  readonly #seen = new Set<string>()
  #last: readonly string[] = []
  #isOn = false
  readonly #isWatched: (url: string) => boolean

  constructor(isWatched: (url: string) => boolean) {
    this.#isWatched = isWatched
    this.#session.connect()
    this.#session.post('Profiler.enable')
    this.resume()
  }

  /** What is executed until `resume` is not looked at, and several times faster: V8 may optimise it. */
  pause(): void {
    if (!this.#isOn) return
    this.#isOn = false
    this.#session.post('Profiler.stopPreciseCoverage')
  }

  resume(): void {
    if (this.#isOn) return
    this.#isOn = true
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  get blocks(): number {
    return this.#seen.size
  }

  /** Blocks that were reached since the last call, and never before it; none while it is paused. */
  takeNew(): number {
    if (!this.#isOn) return 0
    this.#last = [...this.#reached()].filter((block) => !this.#seen.has(block))
    for (const block of this.#last) this.#seen.add(block)
    return this.#last.length
  }

  /** As if the last call had not been: to find out which execution of a batch it was. */
  forgetLast(): void {
    for (const block of this.#last) this.#seen.delete(block)
    this.#last = []
  }

  /** What was reached since the last call. */
  *#reached(): Generator<string, void, undefined> {
    let scripts: readonly Profiler.ScriptCoverage[] = []
    // A session of one's own thread answers at once.
    this.#session.post('Profiler.takePreciseCoverage', (error, { result }) => {
      if (error !== null) throw error
      scripts = result
    })
    for (const { url, scriptId, functions } of scripts) {
      if (!this.#isWatched(url)) continue
      for (const { ranges } of functions) {
        for (const { startOffset, endOffset, count } of ranges) {
          if (count > 0) yield `${scriptId}:${startOffset}:${endOffset}`
        }
      }
    }
  }
}
