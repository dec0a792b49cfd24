/**
 * One block of LZ4 (LZ4 Block Format Description). Gives the bytes written; with `start` it ends when `into` is full.
 * No read and no write leaves the arrays, whatever the block says.
 */
import { copyLiterals, copyMatch, damaged } from './damaged.ts'

export function unpackLz4(packed: Uint8Array, into: Uint8Array, part: 'whole' | 'start'): number {
  let from = 0
  let at = 0
  const extended = (base: number): number => {
    let length = base
    for (let byte = 255; byte === 255;) {
      const next = packed[from]
      if (next === undefined) throw damaged('a length is cut short')
      byte = next
      from += 1
      length += byte
    }
    return length
  }

  while (from < packed.length) {
    const token = packed[from] ?? 0
    from += 1
    const literals = token >>> 4 === 15 ? extended(15) : token >>> 4
    const room = into.length - at
    if (literals > room && part === 'whole') throw damaged('it holds more than there is room for')
    const taken = Math.min(literals, room)
    if (from + taken > packed.length) throw damaged('literals are cut short')
    copyLiterals(packed, from, into, at, taken)
    from += literals
    at += taken
    // The last sequence has literals only.
    if (from === packed.length || (part === 'start' && at === into.length)) return at
    const low = packed[from]
    const high = packed[from + 1]
    if (low === undefined || high === undefined) throw damaged('a distance is cut short')
    from += 2
    const distance = low | (high << 8)
    if (distance === 0 || distance > at) throw damaged('a distance leads out of the block')
    const length = (token & 15) === 15 ? extended(19) : (token & 15) + 4
    if (length > into.length - at) {
      if (part === 'whole') throw damaged('it holds more than there is room for')
      copyMatch(into, at, distance, into.length - at)
      return into.length
    }
    copyMatch(into, at, distance, length)
    at += length
  }
  throw damaged('the block ends early')
}
