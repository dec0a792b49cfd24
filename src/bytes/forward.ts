import type { ByteSource } from './source.ts'

/** Bytes that come one behind the other, and only once: a stream, or a source that is read from its start. */
export interface Forward {
  /** What messages call it. */
  readonly name: string
  /** Of the next byte. */
  readonly position: number
  /** The next `length` bytes; undefined where the end comes before. The array may be a view: copy what you keep. */
  take(length: number): Promise<Uint8Array | undefined> | Uint8Array | undefined
  /** False where the end comes before. */
  skip(length: number): Promise<boolean> | boolean
}

/** A source from its start to its end; what is skipped is not read. */
export function forwardOf(source: ByteSource, signal?: AbortSignal): Forward {
  let position = 0
  const isInside = (length: number): boolean => length <= source.size - position
  return {
    name: source.name,
    get position() {
      return position
    },
    take(length) {
      if (!isInside(length)) return undefined
      const at = position
      position += length
      return source.read(at, length, signal)
    },
    skip(length) {
      if (!isInside(length)) return false
      position += length
      return true
    },
  }
}

/** A stream. `all` reads it to its end. */
export class ForwardStream implements Forward {
  readonly name: string
  readonly #chunks: AsyncIterator<Uint8Array>
  #chunk: Uint8Array = new Uint8Array(0)
  #at = 0
  #position = 0

  constructor(chunks: AsyncIterable<Uint8Array>, name: string) {
    this.name = name
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  get position(): number {
    return this.#position
  }

  take(length: number): Promise<Uint8Array | undefined> | Uint8Array | undefined {
    if (this.#chunk.length - this.#at < length) return this.#gather(length)
    const taken = this.#chunk.subarray(this.#at, this.#at + length)
    this.#at += length
    this.#position += length
    return taken
  }

  skip(length: number): Promise<boolean> | boolean {
    if (this.#chunk.length - this.#at < length) return this.#pass(length)
    this.#at += length
    this.#position += length
    return true
  }

  /** To the end, whatever is there. */
  async drain(): Promise<void> {
    while (await this.#next());
  }

  /** Whoever makes the chunks may clean up. */
  async close(): Promise<void> {
    await this.#chunks.return?.()
  }

  async #gather(length: number): Promise<Uint8Array | undefined> {
    const gathered = new Uint8Array(length)
    for (let filled = 0; ;) {
      const part = this.#chunk.subarray(this.#at, this.#at + length - filled)
      gathered.set(part, filled)
      filled += part.length
      this.#at += part.length
      this.#position += part.length
      if (filled === length) return gathered
      if (!(await this.#next())) return undefined
    }
  }

  async #pass(length: number): Promise<boolean> {
    for (let left = length; ;) {
      const passed = Math.min(left, this.#chunk.length - this.#at)
      left -= passed
      this.#at += passed
      this.#position += passed
      if (left === 0) return true
      if (!(await this.#next())) return false
    }
  }

  async #next(): Promise<boolean> {
    this.#position += this.#chunk.length - this.#at
    const next = await this.#chunks.next()
    this.#chunk = next.done === true ? new Uint8Array(0) : next.value
    this.#at = 0
    return next.done !== true
  }
}
