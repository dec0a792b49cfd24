import { raise } from './errors.ts'
import { ZSTD_MAGIC } from './frame.ts'

/** Bytes of one frame; `endsFrame` with the last of them. Skippable frames are left out. */
export type FramePart = Readonly<{ bytes: Uint8Array; endsFrame: boolean }>

const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const

type Want =
  | Readonly<{ what: 'magic' | 'skipLength' | 'descriptor' | 'blockHeader'; lengthBytes: number }>
  | Readonly<{ what: 'pass'; lengthBytes: number; next: 'blockHeader' | 'checksum' | 'end' }>
  | Readonly<{ what: 'skip'; lengthBytes: number }>

const MAGIC: Want = { what: 'magic', lengthBytes: 4 }
const BLOCK_HEADER: Want = { what: 'blockHeader', lengthBytes: 3 }

/**
 * Cuts a stream into its frames without decompressing it (RFC 8878, 3.1), so that each can be decompressed by itself.
 * `push` takes the stream piece by piece; `end` throws ZSTD_FRAME_INVALID if it stopped within a frame. Holds a few bytes at most.
 */
export class FrameSplitter {
  #want: Want = MAGIC
  #held: number[] = []
  #hasChecksum = false
  #offset = 0

  end(): void {
    if (this.#want === MAGIC && this.#held.length === 0) return
    throw raise('ZSTD_FRAME_INVALID', {
      offsetBytes: this.#offset,
      field: 'what follows',
      found: 'the end of the file',
      expected: 'the rest of the frame',
    })
  }

  *push(chunk: Uint8Array): Generator<FramePart, void, undefined> {
    for (let at = 0; at < chunk.length;) {
      const want = this.#want
      const taken = chunk.subarray(at, at + want.lengthBytes - this.#held.length)
      at += taken.length
      this.#offset += taken.length
      if (want.what === 'pass' || want.what === 'skip') {
        const left = want.lengthBytes - taken.length
        if (left > 0) this.#want = { ...want, lengthBytes: left }
        else this.#want = want.what === 'skip' ? MAGIC : this.#afterPass(want.next)
        if (want.what === 'pass') yield { bytes: taken, endsFrame: this.#want === MAGIC }
        continue
      }
      this.#held.push(...taken)
      if (this.#held.length < want.lengthBytes) continue
      const held = Uint8Array.from(this.#held)
      this.#held = []
      if (this.#take(want.what, held)) yield { bytes: held, endsFrame: this.#want === MAGIC }
    }
  }

  /** Whether the bytes belong to a frame of data. */
  #take(what: 'magic' | 'skipLength' | 'descriptor' | 'blockHeader', held: Uint8Array): boolean {
    if (what === 'magic') {
      const magic = littleEndian(held)
      if (magic >>> 4 === 0x1_84_d2_a5) {
        this.#want = { what: 'skipLength', lengthBytes: 4 }
        return false
      }
      if (magic !== ZSTD_MAGIC) {
        const found = `0x${magic.toString(16)}`
        throw this.#invalid('the magic number', found, '0xfd2fb528')
      }
      this.#want = { what: 'descriptor', lengthBytes: 1 }
      return true
    }
    if (what === 'skipLength') {
      const lengthBytes = littleEndian(held)
      this.#want = lengthBytes === 0 ? MAGIC : { what: 'skip', lengthBytes }
      return false
    }
    if (what === 'descriptor') {
      const descriptor = held[0] ?? 0
      const singleSegment = (descriptor >>> 5) & 1
      const sizeField = descriptor >>> 6
      const sizeBytes = sizeField === 0 ? singleSegment : (CONTENT_SIZE_BYTES[sizeField] ?? 0)
      const rest = 1 - singleSegment + (DICTIONARY_ID_BYTES[descriptor & 3] ?? 0) + sizeBytes
      this.#hasChecksum = ((descriptor >>> 2) & 1) === 1
      this.#want = { what: 'pass', lengthBytes: rest, next: 'blockHeader' }
      return true
    }
    const header = littleEndian(held)
    const type = (header >>> 1) & 3
    if (type === 3) throw this.#invalid('the block type', '3', '0, 1 or 2')
    const lengthBytes = type === 1 ? 1 : header >>> 3
    const then = (header & 1) === 0 ? 'blockHeader' : this.#hasChecksum ? 'checksum' : 'end'
    this.#want = lengthBytes === 0 ? this.#afterPass(then) : { what: 'pass', lengthBytes, next: then }
    return true
  }

  #afterPass(following: 'blockHeader' | 'checksum' | 'end'): Want {
    if (following === 'blockHeader') return BLOCK_HEADER
    return following === 'end' ? MAGIC : { what: 'pass', lengthBytes: 4, next: 'end' }
  }

  #invalid(field: string, found: string, expected: string): Error {
    return raise('ZSTD_FRAME_INVALID', { offsetBytes: this.#offset - 4, field, found, expected })
  }
}

function littleEndian(bytes: Uint8Array): number {
  let value = 0
  for (const [index, byte] of bytes.entries()) value += byte * 2 ** (8 * index)
  return value
}
