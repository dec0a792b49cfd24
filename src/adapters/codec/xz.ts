/**
 * .xz streams (The .xz File Format 1.1.0) that are in memory as a whole, into memory: one block or more, LZMA2, at most
 * one branch filter before it. Checked: the checksums of headers and index, CRC32 and CRC64 of the content, and sizes.
 */
import { crc32 } from '../../bytes/index.ts'
import { crc64 } from './crc64.ts'
import { damaged } from './damaged.ts'
import { LzmaDecoder, propertiesOf } from './lzma.ts'
import { isBranchFilter, unfilter } from './branch-filters.ts'

const MAGIC = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00] as const
const LZMA2 = 0x21
/** By the number of the check: none, CRC32, CRC64, SHA-256 and what is reserved. */
const CHECK_BYTES = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64] as const

type Block = Readonly<{ filter: number | undefined; startOffset: number; end: number }>

export function unpackXz(packed: Uint8Array, into: Uint8Array, part: 'whole' | 'start'): number {
  if (packed.length < 24 || MAGIC.some((byte, index) => packed[index] !== byte))
    throw damaged('it does not begin as xz does')
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength)
  const check = packed[7] ?? 0
  if (packed[6] !== 0 || check > 15 || view.getUint32(8, true) !== crc32(packed.subarray(6, 8)))
    throw damaged('the header of the stream is wrong')
  const checkBytes = CHECK_BYTES[check] ?? 0
  const decoder = new LzmaDecoder(into)
  let from = 12
  for (;;) {
    const size = packed[from]
    if (size === undefined) throw damaged('the stream ends early')
    if (size === 0) break
    const block = readBlockHeader(packed, from)
    const start = decoder.at
    const end = unpackLzma2(decoder, packed, block.end, part)
    if (end === undefined) {
      // A filter needs what follows the last bytes of its input; the caller asked for less.
      applyFilter(block, into.subarray(start, decoder.at))
      return decoder.at
    }
    applyFilter(block, into.subarray(start, decoder.at))
    from = end
    while ((from - block.end) % 4 !== 0) {
      if (packed[from] !== 0) throw damaged('the padding of a block is not zero')
      from += 1
    }
    if (from + checkBytes > packed.length) throw damaged('the stream ends early')
    verify(check, view, from, into.subarray(start, decoder.at))
    from += checkBytes
  }
  checkTail(packed, view, from, check)
  return decoder.at
}

function readBlockHeader(packed: Uint8Array, at: number): Block {
  const length = ((packed[at] ?? 0) + 1) * 4
  const header = packed.subarray(at, at + length)
  if (header.length < length) throw damaged('the header of a block is cut short')
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength)
  if (view.getUint32(length - 4, true) !== crc32(header.subarray(0, length - 4)))
    throw damaged('the checksum of the header of a block is wrong')
  const flags = header[1] ?? 0
  if ((flags & 0x3c) !== 0) throw damaged('the header of a block has unknown flags')
  const fields = new Fields(header.subarray(0, length - 4), 2)
  if ((flags & 0x40) !== 0) fields.number()
  if ((flags & 0x80) !== 0) fields.number()
  const filters = (flags & 3) + 1
  let filter: number | undefined
  let startOffset = 0
  for (let index = 0; index < filters; index += 1) {
    const id = fields.number()
    const properties = fields.take(fields.number())
    const isLast = index === filters - 1
    if (isLast !== (id === LZMA2)) throw damaged('the filters of a block are not supported')
    if (isLast) {
      if (properties.length !== 1 || (properties[0] ?? 41) > 40)
        throw damaged('the properties of LZMA2 are wrong')
      continue
    }
    if (filter !== undefined || !isBranchFilter(id)) throw damaged(`the filter ${id} is not supported`)
    filter = id
    if (properties.length === 4)
      startOffset = new DataView(properties.buffer, properties.byteOffset, 4).getUint32(0, true)
    else if (properties.length !== 0) throw damaged('the properties of a filter are wrong')
  }
  return { filter, startOffset, end: at + length }
}

/** Where the chunks end; undefined where `into` is full and that was all that was asked for. */
function unpackLzma2(
  decoder: LzmaDecoder,
  packed: Uint8Array,
  start: number,
  part: 'whole' | 'start',
): number | undefined {
  const into = decoder.output
  let from = start
  let needsDictionary = true
  let needsProperties = true
  let needsState = true
  for (;;) {
    const control = packed[from]
    if (control === undefined) throw damaged('the stream ends early')
    if (control === 0) return from + 1
    if (part === 'start' && decoder.at === into.length) return undefined
    if (control >= 0xe0 || control === 1) {
      decoder.dictionaryStart = decoder.at
      needsDictionary = false
    } else if (needsDictionary) throw damaged('the first chunk does not reset the dictionary')
    const word = (at: number): number => ((packed[at] ?? 0) << 8) | (packed[at + 1] ?? 0)
    if (control < 0x80) {
      if (control > 2) throw damaged('a chunk is of an unknown kind')
      const length = word(from + 1) + 1
      from += 3
      if (from + length > packed.length) throw damaged('the stream ends early')
      const room = into.length - decoder.at
      if (length > room && part === 'whole') throw damaged('it holds more than there is room for')
      const taken = Math.min(length, room)
      into.set(packed.subarray(from, from + taken), decoder.at)
      decoder.at += taken
      from += length
      continue
    }
    const outLength = ((control & 0x1f) << 16) + word(from + 1) + 1
    const inLength = word(from + 3) + 1
    from += 5
    if (control >= 0xc0) {
      const properties = propertiesOf(packed[from] ?? 255)
      if (properties.lc + properties.lp > 4) throw damaged('the properties of LZMA are wrong')
      decoder.setProperties(properties)
      from += 1
      needsProperties = false
    } else if (needsProperties) throw damaged('the first chunk has no properties')
    if (control >= 0xa0) {
      decoder.resetState()
      needsState = false
    } else if (needsState) throw damaged('the first chunk does not reset the state')
    const end = from + inLength
    if (end > packed.length) throw damaged('the stream ends early')
    const room = into.length - decoder.at
    if (outLength > room && part === 'whole') throw damaged('it holds more than there is room for')
    decoder.begin(packed.subarray(0, end), from)
    const isCut = outLength > room
    const limit = decoder.at + Math.min(outLength, room)
    if (decoder.decode(limit, isCut ? 'cut' : 'damage')) throw damaged('a chunk ends early')
    if (isCut) return undefined
    if (!decoder.finish() || decoder.from !== end) throw damaged('a chunk does not end where it says')
    from = end
  }
}

function applyFilter({ filter, startOffset }: Block, content: Uint8Array): void {
  if (filter !== undefined) unfilter(filter, content, startOffset)
}

function verify(check: number, view: DataView, at: number, content: Uint8Array): void {
  const isRight =
    check === 1
      ? view.getUint32(at, true) === crc32(content)
      : check === 4
        ? view.getBigUint64(at, true) === crc64(content)
        : true
  if (!isRight) throw damaged('the checksum of the content is wrong')
}

/** The index and the footer: that they are there, and whole. */
function checkTail(packed: Uint8Array, view: DataView, index: number, check: number): void {
  const fields = new Fields(packed, index + 1)
  const records = fields.number()
  for (let record = 0; record < records; record += 1) {
    fields.number()
    fields.number()
  }
  const end = index + Math.ceil((fields.at - index) / 4) * 4
  if (end + 16 > packed.length) throw damaged('the stream ends early')
  if (view.getUint32(end, true) !== crc32(packed.subarray(index, end)))
    throw damaged('the checksum of the index is wrong')
  const footer = end + 4
  const isFooter =
    packed[footer + 10] === 0x59 && packed[footer + 11] === 0x5a && packed[footer + 9] === check
  if (!isFooter || view.getUint32(footer, true) !== crc32(packed.subarray(footer + 4, footer + 10)))
    throw damaged('the footer of the stream is wrong')
}

/** Numbers of seven bits a byte, with a mark on all but the last. */
class Fields {
  readonly #bytes: Uint8Array
  at: number

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes
    this.at = at
  }

  number(): number {
    let value = 0
    for (let index = 0; index < 7; index += 1) {
      const byte = this.#bytes[this.at]
      if (byte === undefined) throw damaged('a number is cut short')
      this.at += 1
      value += (byte & 0x7f) * 2 ** (7 * index)
      if ((byte & 0x80) === 0) return value
    }
    throw damaged('a number is too large')
  }

  take(length: number): Uint8Array {
    const end = this.at + length
    if (end > this.#bytes.length) throw damaged('a field is cut short')
    const taken = this.#bytes.subarray(this.at, end)
    this.at = end
    return taken
  }
}
