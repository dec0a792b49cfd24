/**
 * LZO1X, as Documentation/staging/lzo.rst of Linux describes the stream: literals and matches of what came before. Scope:
 * decompression of one block in memory. Non-goals: compression, the run-length extension (LZO-RLE), files of lzop.
 *
 * Every copy is checked against the end of the input, the end of the output and the begin of the output: a hostile stream
 * ends with LZO_DAMAGED, and its work is bounded by the two lengths.
 */
import { raise } from './errors.ts'

/** After how many literals an instruction comes: 1 to 3 behind a match, 4 behind a run of literals. */
type State = 0 | 1 | 2 | 3 | 4

const AFTER_RUN: State = 4

/** Fills `into` from its beginning and gives how many bytes came. Throws LZO_DAMAGED. */
export function decompressLzo1x(bytes: Uint8Array, into: Uint8Array): number {
  const input = new Input(bytes)
  let at = 0
  let state: State = 0

  const literals = (count: number): void => {
    if (count > into.length - at) throw input.damaged('more comes out than there is room for')
    into.set(input.take(count), at)
    at += count
  }
  const match = (distance: number, count: number): void => {
    if (distance > at) throw input.damaged('a match begins before the output does')
    if (count > into.length - at) throw input.damaged('more comes out than there is room for')
    // Byte by byte: a match may overlap what it makes.
    for (let left = count; left > 0; left -= 1, at += 1) into[at] = into[at - distance] ?? 0
  }

  // The first byte may stand for literals alone.
  const first = input.peek()
  if (first > 17) {
    input.byte()
    literals(first - 17)
    state = first - 17 < 4 ? ((first - 17) as State) : AFTER_RUN
  }
  for (;;) {
    const code = input.byte()
    let tail: number
    if (code >= 64) {
      const length = code >= 128 ? 5 + ((code >>> 5) & 3) : 3 + ((code >>> 5) & 1)
      match((input.byte() << 3) + ((code >>> 2) & 7) + 1, length)
      tail = code & 3
    } else if (code >= 32) {
      const length = 2 + (code & 31 || input.long(31))
      const word = input.word()
      match((word >>> 2) + 1, length)
      tail = word & 3
    } else if (code >= 16) {
      const length = 2 + (code & 7 || input.long(7))
      const word = input.word()
      const distance = 16_384 + ((code & 8) << 11) + (word >>> 2)
      if (distance === 16_384) return at
      match(distance, length)
      tail = word & 3
    } else if (state === 0) {
      literals(3 + (code || input.long(15)))
      state = AFTER_RUN
      continue
    } else {
      const near = (input.byte() << 2) + (code >>> 2) + 1
      if (state === AFTER_RUN) match(near + 2048, 3)
      else match(near, 2)
      tail = code & 3
    }
    literals(tail)
    state = tail as State
  }
}

class Input {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  peek(): number {
    return this.#bytes[this.#at] ?? 0
  }

  byte(): number {
    const byte = this.#bytes[this.#at]
    if (byte === undefined) throw this.damaged('the input ends')
    this.#at += 1
    return byte
  }

  word(): number {
    return this.byte() | (this.byte() << 8)
  }

  take(count: number): Uint8Array {
    if (count > this.#bytes.length - this.#at) throw this.damaged('the input ends')
    this.#at += count
    return this.#bytes.subarray(this.#at - count, this.#at)
  }

  /** A length above `base`: 255 for each zero byte, and the byte that is none. */
  long(base: number): number {
    let length = base
    for (;;) {
      const byte = this.byte()
      if (byte !== 0) return length + byte
      length += 255
    }
  }

  damaged(what: string): Error {
    return raise('LZO_DAMAGED', { offsetBytes: this.#at, sizeBytes: this.#bytes.length, what })
  }
}
