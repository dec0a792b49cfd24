/**
 * LZMA (the specification in the LZMA SDK, lzma-specification.txt). What was written is the dictionary: the work needs
 * no memory but `into` and a table of probabilities (at most 28 KiB for LZMA2, 6 MiB for what LZMA may ask).
 */
import { copyMatch, damaged } from './damaged.ts'

const EVEN = 1024
const STATES = 12
const TOP = 2 ** 24
/** Places of the range coder's two words; an array keeps them as 32-bit integers. */
const RANGE = 0
const CODE = 1
const LENGTH_PROBS = 2 + 16 * 8 * 2 + 256

/** Where each group of probabilities begins. */
const IS_MATCH = 0
const IS_REP = IS_MATCH + STATES * 16
const IS_REP_0 = IS_REP + STATES
const IS_REP_1 = IS_REP_0 + STATES
const IS_REP_2 = IS_REP_1 + STATES
const IS_LONG_REP = IS_REP_2 + STATES
const SLOTS = IS_LONG_REP + STATES * 16
const SPECIAL = SLOTS + 4 * 64
const ALIGN = SPECIAL + 128
const LENGTHS = ALIGN + 16
const REP_LENGTHS = LENGTHS + LENGTH_PROBS
const LITERALS = REP_LENGTHS + LENGTH_PROBS

export type Properties = Readonly<{ lc: number; lp: number; pb: number }>

/** The byte that has all three: (pb * 5 + lp) * 9 + lc. */
export function propertiesOf(byte: number): Properties {
  if (byte >= 225) throw damaged('the properties of LZMA are wrong')
  return { lc: byte % 9, lp: Math.floor(byte / 9) % 5, pb: Math.floor(byte / 45) }
}

/** Lives for one stream: the state of the coder between chunks. */
export class LzmaDecoder {
  readonly #into: Uint8Array
  /** Bytes written. Whoever copies uncompressed bytes in between moves it on. */
  at = 0
  /** Where the dictionary begins. */
  dictionaryStart = 0
  #packed: Uint8Array = new Uint8Array(0)
  #from = 0
  readonly #coder = new Uint32Array(2)
  #probs: Uint16Array = new Uint16Array(0)
  #lc = 0
  #literalMask = 0
  #positionMask = 0
  #state = 0
  #reps: [number, number, number, number] = [1, 1, 1, 1]

  constructor(into: Uint8Array) {
    this.#into = into
  }

  get output(): Uint8Array {
    return this.#into
  }

  /** Bytes of the input that were taken. */
  get from(): number {
    return this.#from
  }

  setProperties({ lc, lp, pb }: Properties): void {
    const length = LITERALS + (0x300 << (lc + lp))
    if (this.#probs.length !== length) this.#probs = new Uint16Array(length)
    this.#lc = lc
    this.#literalMask = (1 << lp) - 1
    this.#positionMask = (1 << pb) - 1
  }

  resetState(): void {
    this.#probs.fill(EVEN)
    this.#state = 0
    this.#reps = [1, 1, 1, 1]
  }

  /** Begins to read `packed` at `from`: five bytes of the range coder, the first of which is always 0. */
  begin(packed: Uint8Array, from: number): void {
    this.#packed = packed
    this.#from = from + 5
    if (this.#from > packed.length) throw damaged('the stream ends early')
    if (packed[from] !== 0) throw damaged('the range coder does not begin with 0')
    this.beginAt(packed, from + 1)
  }

  /** As `begin`, behind the first byte. */
  beginAt(packed: Uint8Array, from: number): void {
    if (from + 4 > packed.length) throw damaged('the stream ends early')
    this.#packed = packed
    this.#from = from + 4
    this.#coder[RANGE] = 0xffff_ffff
    this.#coder[CODE] = new DataView(packed.buffer, packed.byteOffset + from, 4).getUint32(0)
  }

  /** Whether the range coder ended as it does behind the last symbol. */
  finish(): boolean {
    this.#normalize()
    return this.#coder[CODE] === 0
  }

  /** Writes until `limit`, or to the end marker: true there. What would go beyond the limit is damage, or cut with `cut`. */
  decode(limit: number, beyond: 'damage' | 'cut'): boolean {
    const into = this.#into
    while (this.at < limit) {
      const position = (this.at - this.dictionaryStart) & this.#positionMask
      const state = this.#state
      if (this.#bit(IS_MATCH + state * 16 + position) === 0) {
        this.#literal()
        continue
      }
      let length: number
      if (this.#bit(IS_REP + state) === 0) {
        this.#reps[3] = this.#reps[2]
        this.#reps[2] = this.#reps[1]
        this.#reps[1] = this.#reps[0]
        length = this.#length(LENGTHS, position)
        this.#state = state < 7 ? 7 : 10
        const distance = this.#distance(length)
        if (distance === 0x1_0000_0000) {
          this.#normalize()
          return true
        }
        this.#reps[0] = distance
      } else {
        if (this.at === this.dictionaryStart) throw damaged('a distance leads out of the stream')
        if (this.#bit(IS_REP_0 + state) === 0) {
          if (this.#bit(IS_LONG_REP + state * 16 + position) === 0) {
            this.#state = state < 7 ? 9 : 11
            const distance = this.#reps[0]
            if (distance > this.at - this.dictionaryStart) throw damaged('a distance leads out of the stream')
            into[this.at] = into[this.at - distance] ?? 0
            this.at += 1
            continue
          }
        } else this.#takeRep(state)
        length = this.#length(REP_LENGTHS, position)
        this.#state = state < 7 ? 8 : 11
      }
      const [distance] = this.#reps
      if (distance > this.at - this.dictionaryStart) throw damaged('a distance leads out of the stream')
      const room = limit - this.at
      if (length > room && beyond === 'damage') throw damaged('it holds more than there is room for')
      const taken = Math.min(length, room)
      copyMatch(into, this.at, distance, taken)
      this.at += taken
    }
    return false
  }

  /** Reads an end marker, where one may follow. */
  endMarker(): void {
    const position = (this.at - this.dictionaryStart) & this.#positionMask
    if (this.#bit(IS_MATCH + this.#state * 16 + position) === 0)
      throw damaged('it holds more than there is room for')
    if (this.#bit(IS_REP + this.#state) !== 0) throw damaged('it holds more than there is room for')
    if (this.#distance(this.#length(LENGTHS, position)) !== 0x1_0000_0000)
      throw damaged('it holds more than there is room for')
    this.#normalize()
  }

  #takeRep(state: number): void {
    const reps = this.#reps
    let distance: number
    if (this.#bit(IS_REP_1 + state) === 0) distance = reps[1]
    else {
      if (this.#bit(IS_REP_2 + state) === 0) distance = reps[2]
      else {
        distance = reps[3]
        reps[3] = reps[2]
      }
      reps[2] = reps[1]
    }
    reps[1] = reps[0]
    reps[0] = distance
  }

  #literal(): void {
    const into = this.#into
    const before = this.at > this.dictionaryStart ? (into[this.at - 1] ?? 0) : 0
    const context =
      (((this.at - this.dictionaryStart) & this.#literalMask) << this.#lc) + (before >>> (8 - this.#lc))
    const base = LITERALS + 0x300 * context
    let symbol = 1
    if (this.#state >= 7) {
      const distance = this.#reps[0]
      if (distance > this.at - this.dictionaryStart) throw damaged('a distance leads out of the stream')
      let match = into[this.at - distance] ?? 0
      while (symbol < 0x100) {
        const bit = (match >>> 7) & 1
        match <<= 1
        const found = this.#bit(base + ((1 + bit) << 8) + symbol)
        symbol = (symbol << 1) | found
        if (bit !== found) break
      }
    }
    while (symbol < 0x100) symbol = (symbol << 1) | this.#bit(base + symbol)
    into[this.at] = symbol
    this.at += 1
    this.#state = this.#state < 4 ? 0 : this.#state < 10 ? this.#state - 3 : this.#state - 6
  }

  #length(base: number, position: number): number {
    if (this.#bit(base) === 0) return 2 + this.#tree(base + 2 + position * 8, 3)
    if (this.#bit(base + 1) === 0) return 10 + this.#tree(base + 2 + 128 + position * 8, 3)
    return 18 + this.#tree(base + 2 + 256, 8)
  }

  /** One more than the number on the wire; 2^32 is the end marker. */
  #distance(length: number): number {
    const slot = this.#tree(SLOTS + Math.min(length - 2, 3) * 64, 6)
    if (slot < 4) return slot + 1
    const directBits = (slot >>> 1) - 1
    let distance = (2 | (slot & 1)) * 2 ** directBits
    if (slot < 14) {
      distance += this.#reverseTree(SPECIAL + distance - slot, directBits)
    } else {
      distance += this.#directBits(directBits - 4) * 16 + this.#reverseTree(ALIGN, 4)
    }
    return distance + 1
  }

  /** The tree's own number: with 3 bits, of 8 probabilities. */
  #tree(base: number, bits: number): number {
    let symbol = 1
    for (let count = 0; count < bits; count += 1) symbol = (symbol << 1) | this.#bit(base + symbol)
    return symbol - (1 << bits)
  }

  #reverseTree(base: number, bits: number): number {
    let symbol = 1
    let value = 0
    for (let count = 0; count < bits; count += 1) {
      const bit = this.#bit(base + symbol)
      symbol = (symbol << 1) | bit
      value |= bit << count
    }
    return value
  }

  #directBits(bits: number): number {
    let value = 0
    for (let count = 0; count < bits; count += 1) {
      this.#normalize()
      const range = (this.#coder[RANGE] ?? 0) >>> 1
      const code = this.#coder[CODE] ?? 0
      const bit = code >= range ? 1 : 0
      this.#coder[RANGE] = range
      if (bit === 1) this.#coder[CODE] = code - range
      value = value * 2 + bit
    }
    return value
  }

  #normalize(): void {
    const coder = this.#coder
    const range = coder[RANGE] ?? 0
    if (range >= TOP) return
    coder[RANGE] = range << 8
    coder[CODE] = ((coder[CODE] ?? 0) << 8) | this.#next()
  }

  #next(): number {
    const byte = this.#packed[this.#from]
    if (byte === undefined) throw damaged('the stream ends early')
    this.#from += 1
    return byte
  }

  #bit(index: number): 0 | 1 {
    const coder = this.#coder
    const probs = this.#probs
    let range = coder[RANGE] ?? 0
    let code = coder[CODE] ?? 0
    if (range < TOP) {
      range = (range << 8) >>> 0
      code = ((code << 8) | this.#next()) >>> 0
    }
    const prob = probs[index] ?? 0
    const bound = Math.imul(range >>> 11, prob) >>> 0
    if (code < bound) {
      coder[RANGE] = bound
      coder[CODE] = code
      probs[index] = prob + ((2048 - prob) >>> 5)
      return 0
    }
    coder[RANGE] = range - bound
    coder[CODE] = code - bound
    probs[index] = prob - (prob >>> 5)
    return 1
  }
}

/** LZMA_Alone: properties, size of the dictionary, size of the content (or all ones: up to the end marker). */
export function unpackLzmaAlone(packed: Uint8Array, into: Uint8Array, part: 'whole' | 'start'): number {
  if (packed.length < 13) throw damaged('the header is cut short')
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength)
  const size = view.getBigUint64(5, true)
  const isKnown = size !== 0xffff_ffff_ffff_ffffn
  if (isKnown && size > BigInt(into.length) && part === 'whole')
    throw damaged('it holds more than there is room for')
  const decoder = new LzmaDecoder(into)
  decoder.setProperties(propertiesOf(packed[0] ?? 0))
  decoder.resetState()
  decoder.begin(packed, 13)
  const limit = isKnown && size < BigInt(into.length) ? Number(size) : into.length
  const isAtMarker = decoder.decode(limit, part === 'whole' ? 'damage' : 'cut')
  if (isKnown && decoder.at !== limit) throw damaged('the stream ends early')
  if (!isKnown && !isAtMarker && part === 'whole') decoder.endMarker()
  return decoder.at
}

/** As lzma_microlzma_decoder of liblzma: exactly as long as `into`, or longer with `start`. */
export function unpackMicroLzma(packed: Uint8Array, into: Uint8Array, part: 'whole' | 'start'): number {
  if (packed.length < 5) throw damaged('the stream ends early')
  const properties = propertiesOf(~(packed[0] ?? 0) & 0xff)
  if (properties.lc + properties.lp > 4) throw damaged('the properties of LZMA are wrong')
  const decoder = new LzmaDecoder(into)
  decoder.setProperties(properties)
  decoder.resetState()
  decoder.beginAt(packed, 1)
  if (decoder.decode(into.length, part === 'whole' ? 'damage' : 'cut')) throw damaged('the stream ends early')
  return decoder.at
}
