import { raise } from './errors.ts'
import { toSafe } from './ranges.ts'

/**
 * A block that was fetched whole, read at absolute offsets within it. Every access is checked against its end and
 * throws STRUCTURE_TRUNCATED, naming the structure and the byte of the device.
 */
export class Cursor {
  readonly bytes: Uint8Array
  readonly structure: string
  /** Where the block begins in its source, in bytes: for messages. */
  readonly base: number
  readonly #view: DataView

  constructor(bytes: Uint8Array, structure: string, base = 0) {
    this.bytes = bytes
    this.structure = structure
    this.base = base
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get length(): number {
    return this.bytes.length
  }

  u8(at: number): number {
    this.#check(at, 1)
    return this.#view.getUint8(at)
  }

  u16le(at: number): number {
    this.#check(at, 2)
    return this.#view.getUint16(at, true)
  }

  u16be(at: number): number {
    this.#check(at, 2)
    return this.#view.getUint16(at, false)
  }

  u32le(at: number): number {
    this.#check(at, 4)
    return this.#view.getUint32(at, true)
  }

  u32be(at: number): number {
    this.#check(at, 4)
    return this.#view.getUint32(at, false)
  }

  i32le(at: number): number {
    this.#check(at, 4)
    return this.#view.getInt32(at, true)
  }

  i32be(at: number): number {
    this.#check(at, 4)
    return this.#view.getInt32(at, false)
  }

  u64le(at: number): bigint {
    this.#check(at, 8)
    return this.#view.getBigUint64(at, true)
  }

  u64be(at: number): bigint {
    this.#check(at, 8)
    return this.#view.getBigUint64(at, false)
  }

  /** A 64-bit field that has to be an offset or a count: throws VALUE_TOO_LARGE above 2^53 - 1. */
  safe64le(at: number): number {
    this.#check(at, 8)
    const high = this.#view.getUint32(at + 4, true)
    if (high >= 0x20_0000) return toSafe(this.#view.getBigUint64(at, true), this.structure)
    return high * 0x1_0000_0000 + this.#view.getUint32(at, true)
  }

  safe64be(at: number): number {
    this.#check(at, 8)
    const high = this.#view.getUint32(at, false)
    if (high >= 0x20_0000) return toSafe(this.#view.getBigUint64(at, false), this.structure)
    return high * 0x1_0000_0000 + this.#view.getUint32(at + 4, false)
  }

  /** A view, not a copy. */
  slice(at: number, length: number): Uint8Array {
    this.#check(at, length)
    return this.bytes.subarray(at, at + length)
  }

  /** The same bytes from `at` on, as a structure of their own. */
  sub(at: number, length: number, structure: string): Cursor {
    return new Cursor(this.slice(at, length), structure, this.base + at)
  }

  #check(at: number, length: number): void {
    if (at >= 0 && length >= 0 && at + length <= this.bytes.length) return
    throw raise('STRUCTURE_TRUNCATED', {
      structure: this.structure,
      offsetBytes: this.base + at,
      neededBytes: length,
      foundBytes: Math.max(0, this.bytes.length - at),
    })
  }
}
