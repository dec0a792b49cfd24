import type { Input } from './input.ts'

const HEADER_WORDS = 4
const TEXT_BYTES = 64 * 1024

/**
 * What a worker is at, in memory that outlives it: a worker that hangs, or runs out of memory, cannot say so itself.
 */
export class Mailbox {
  readonly buffer: SharedArrayBuffer
  readonly #words: Int32Array
  readonly #text: Uint8Array
  readonly #encoder = new TextEncoder()

  constructor(buffer = new SharedArrayBuffer(HEADER_WORDS * 4 + TEXT_BYTES)) {
    this.buffer = buffer
    this.#words = new Int32Array(buffer, 0, HEADER_WORDS)
    this.#text = new Uint8Array(buffer, HEADER_WORDS * 4)
  }

  /** Before each execution. */
  begin(input: Input): void {
    // Whoever looks meanwhile must not see half of it.
    Atomics.store(this.#words, 1, 0)
    const { written } = this.#encoder.encodeInto(JSON.stringify(input), this.#text)
    Atomics.store(this.#words, 1, written)
    Atomics.add(this.#words, 0, 1)
  }

  /** Between executions: nothing can hang. */
  rest(): void {
    Atomics.store(this.#words, 1, 0)
  }

  /** How many executions were begun. */
  get begun(): number {
    return Atomics.load(this.#words, 0)
  }

  get isResting(): boolean {
    return Atomics.load(this.#words, 1) === 0
  }

  /** Only to be asked of a worker that has stopped, or that has been at one execution for long. */
  get current(): Input | undefined {
    const length = Atomics.load(this.#words, 1)
    if (length === 0) return undefined
    return JSON.parse(new TextDecoder().decode(this.#text.slice(0, length))) as Input
  }
}
