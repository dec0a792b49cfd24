import { extentsOf } from '../../../src/bytes/index.ts'
import type { ByteSource } from '../../../src/bytes/index.ts'
import type { FuzzImage } from '../target.ts'

const BLOCK_BYTES = 4096
const SECTOR_BYTES = 512
const ZEROS = new Uint8Array(BLOCK_BYTES)

/** A seed in memory: the blocks that hold something. Shared by all images that are made of it. */
export type Base = Readonly<{ size: number; name: string; blocks: ReadonlyMap<number, Uint8Array> }>

export async function loadBase(source: ByteSource): Promise<Base> {
  const blocks = new Map<number, Uint8Array>()
  for await (const { offsetBytes, lengthBytes, kind } of extentsOf(source)) {
    if (kind !== 'data') continue
    const end = offsetBytes + lengthBytes
    for (let index = Math.floor(offsetBytes / BLOCK_BYTES); index * BLOCK_BYTES < end; index += 1) {
      if (blocks.has(index)) continue
      const start = index * BLOCK_BYTES
      const block = new Uint8Array(BLOCK_BYTES)
      block.set(await source.read(start, Math.min(BLOCK_BYTES, source.size - start)))
      if (Buffer.compare(block, ZEROS) !== 0) blocks.set(index, block)
    }
  }
  return { size: source.size, name: source.name, blocks }
}

/** A read that no source could have answered. Readers have to check ranges before they read. */
export class ReadOutside extends Error {
  constructor(offset: number, length: number, size: number) {
    super(`${length} bytes at ${offset} were read, of an image of ${size}`)
    this.name = 'ReadOutside'
  }
}

/** A base with changes of its own over it: 300 MB of an empty file system cost nothing. */
export class MutableImage implements FuzzImage, ByteSource {
  readonly base: Base
  readonly name: string
  size: number
  /** A read that lay outside: kept, because readers may swallow what was thrown. */
  outside: ReadOutside | undefined
  /** Where it was read, when asked for; to know where changes matter. */
  reads: { offset: number; length: number }[] | undefined
  readonly #changed = new Map<number, Uint8Array>()
  readonly #touched = new Set<number>()

  constructor(base: Base) {
    this.base = base
    this.name = base.name
    this.size = base.size
  }

  /** Sectors of 512 bytes that were changed, by offset. */
  get touched(): readonly number[] {
    return [...this.#touched].toSorted((a, b) => a - b)
  }

  get(offset: number, length: number): Uint8Array {
    if (!this.#isInside(offset, length)) throw new RangeError(`${length} bytes at ${offset} of ${this.size}`)
    const first = Math.floor(offset / BLOCK_BYTES)
    const within = offset - first * BLOCK_BYTES
    if (within + length <= BLOCK_BYTES) return this.#block(first).subarray(within, within + length)
    const out = new Uint8Array(length)
    for (let index = first; index * BLOCK_BYTES < offset + length; index += 1) {
      const block = this.#changed.get(index) ?? this.base.blocks.get(index)
      if (block === undefined) continue
      const from = Math.max(offset, index * BLOCK_BYTES)
      const to = Math.min(offset + length, (index + 1) * BLOCK_BYTES)
      out.set(block.subarray(from - index * BLOCK_BYTES, to - index * BLOCK_BYTES), from - offset)
    }
    return out
  }

  set(offset: number, bytes: Uint8Array): void {
    if (!this.#isInside(offset, bytes.length)) return
    for (let at = 0; at < bytes.length;) {
      const index = Math.floor((offset + at) / BLOCK_BYTES)
      const within = offset + at - index * BLOCK_BYTES
      const part = bytes.subarray(at, at + BLOCK_BYTES - within)
      let block = this.#changed.get(index)
      if (block === undefined) {
        block = this.#block(index).slice()
        this.#changed.set(index, block)
      }
      block.set(part, within)
      at += part.length
    }
    const last = offset + bytes.length - 1
    for (let sector = offset - (offset % SECTOR_BYTES); sector <= last; sector += SECTOR_BYTES) {
      this.#touched.add(sector)
    }
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    if (!this.#isInside(offset, length)) {
      this.outside ??= new ReadOutside(offset, length, this.size)
      throw this.outside
    }
    this.reads?.push({ offset, length })
    return this.get(offset, length)
  }

  #block(index: number): Uint8Array {
    return this.#changed.get(index) ?? this.base.blocks.get(index) ?? ZEROS
  }

  #isInside(offset: number, length: number): boolean {
    const whole = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0
    return whole && offset + length <= this.size
  }
}
