import { fromBytes } from '../../../src/bytes/index.ts'
import type { ByteSource } from '../../../src/bytes/index.ts'
import type { FuzzField } from '../target.ts'

/** What a byte that is no token and no ASCII stands for: text in other alphabets. */
const OTHER = 'ü'

/**
 * Text for a harness that changes bytes: a byte from 128 on is a whole word of the language, a zero is nothing. So a
 * changed byte is another word, one where there was none, or one less; not only another letter.
 */
export class TokenText {
  readonly #words: readonly string[]

  constructor(...lists: readonly (readonly string[])[]) {
    const words = lists.flat()
    if (words.length > 127) throw new RangeError(`${words.length} words are too many for a byte`)
    this.#words = words
  }

  decode(bytes: Uint8Array): string {
    return Array.from(bytes, (byte) => {
      if (byte === 0) return ''
      return byte < 128 ? String.fromCharCode(byte) : (this.#words[byte - 128] ?? OTHER)
    }).join('')
  }

  /** ASCII only. Between any two words there is room for one. */
  encode(text: string): Uint8Array {
    const bytes: number[] = []
    const byLength = this.#words.toSorted((a, b) => b.length - a.length)
    for (let at = 0; at < text.length;) {
      const word = byLength.find((one) => one !== '' && text.startsWith(one, at))
      bytes.push(word === undefined ? text.charCodeAt(at) : 128 + this.#words.indexOf(word), 0)
      at += word?.length ?? 1
    }
    return Uint8Array.from(bytes)
  }

  seeds(texts: readonly string[]): readonly ByteSource[] {
    return texts.map((text, index) => fromBytes(this.encode(text), `text ${index}`))
  }

  async read(source: ByteSource): Promise<string> {
    return this.decode(await source.read(0, source.size))
  }
}

/** Every byte is a field of its own. */
export async function everyByte(seed: ByteSource): Promise<readonly FuzzField[]> {
  return Array.from({ length: seed.size }, (_, offsetBytes) => ({
    offsetBytes,
    lengthBytes: 1,
    endian: 'le',
  }))
}
