import { Cursor } from '../../bytes/index.ts'
import { badField } from './errors.ts'
import { METADATA_BYTES } from './layout.ts'
import { readMetadataBlock } from './volume.ts'
import type { MetadataBlock, Volume } from './volume.ts'

/**
 * Reads what lies across metadata blocks, one behind the other, from a byte of a decompressed block on. What it gives is a
 * view where it lies in one block.
 */
export class MetadataStream {
  readonly #volume: Volume
  readonly #structure: string
  #block: MetadataBlock
  #cursor: Cursor
  #at: number

  private constructor(volume: Volume, structure: string, block: MetadataBlock, at: number) {
    this.#volume = volume
    this.#structure = structure
    this.#block = block
    this.#cursor = new Cursor(block.bytes, structure, block.startBytes)
    this.#at = at
  }

  /** `startBytes`: of the block in the source. `offset`: in the decompressed block. */
  static async open(
    volume: Volume,
    structure: string,
    startBytes: number,
    offset: number,
  ): Promise<MetadataStream> {
    const block = await readMetadataBlock(volume, startBytes)
    if (offset > block.bytes.length) {
      const expected = `at most ${block.bytes.length}`
      throw badField(structure, startBytes, 'its offset in the block', offset, expected)
    }
    return new MetadataStream(volume, structure, block, offset)
  }

  /** Where the block lies that was read last: for messages. */
  get base(): number {
    return this.#block.startBytes
  }

  /** The block that is read at the moment: for `pass`. */
  get cursor(): Cursor {
    return this.#cursor
  }

  /** Passes `length` bytes and gives where they begin in `cursor`; undefined where not all of them are in it: then `take` them. */
  pass(length: number): number | undefined {
    const at = this.#at
    if (at + length > this.#cursor.length) return undefined
    this.#at += length
    return at
  }

  /** The next `length` bytes, which the caller has bounded. */
  async take(length: number): Promise<Cursor> {
    const at = this.pass(length)
    if (at !== undefined) return this.#cursor.sub(at, length, this.#structure)
    const out = new Uint8Array(length)
    for (let filled = 0; filled < length;) {
      const part = this.#block.bytes.subarray(this.#at, this.#at + length - filled)
      out.set(part, filled)
      filled += part.length
      this.#at += part.length
      if (filled < length) await this.#next()
    }
    return new Cursor(out, this.#structure, this.base)
  }

  async #next(): Promise<void> {
    // Only the last block of a table is shorter.
    if (this.#block.bytes.length !== METADATA_BYTES) {
      throw badField(this.#structure, this.base, 'its end', 'beyond its table', 'in the table')
    }
    this.#block = await readMetadataBlock(this.#volume, this.#block.nextBytes)
    this.#cursor = new Cursor(this.#block.bytes, this.#structure, this.base)
    this.#at = 0
  }
}
