import type { ShortEntry } from './layout.ts'

/** Code page 437 from 0x80 on: what Linux takes short names for unless it is told otherwise. */
const CP437 =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}'

const LOWER_NAME = 0x08
const LOWER_EXTENSION = 0x10
/** A first byte of 0xe5 marks a deleted entry; a name that begins so is stored with 0x05. */
const STANDS_FOR_E5 = 0x05

/** `README.TXT`, or `readme.txt` where the entry says that it is lower case. */
export function shortName({ name, lowerCase }: ShortEntry): string {
  const bytes = Uint8Array.from(name)
  if (bytes[0] === STANDS_FOR_E5) bytes[0] = 0xe5
  const part = (from: number, to: number, isLower: boolean): string => {
    let end = to
    while (end > from && bytes[end - 1] === 0x20) end -= 1
    let decoded = ''
    for (let index = from; index < end; index += 1) decoded += characterOf(bytes[index] ?? 0)
    return isLower ? decoded.toLowerCase() : decoded
  }
  const base = part(0, 8, (lowerCase & LOWER_NAME) !== 0)
  const extension = part(8, 11, (lowerCase & LOWER_EXTENSION) !== 0)
  return extension === '' ? base : `${base}.${extension}`
}

function characterOf(byte: number): string {
  if (byte >= 0x80) return CP437[byte - 0x80] ?? '\u{fffd}'
  // What would part a path, or end it, is in no name.
  return byte < 0x20 || byte === 0x2f ? '\u{fffd}' : String.fromCharCode(byte)
}

/** The text of a field of eleven bytes: a volume's label. */
export function labelText(raw: Uint8Array): string {
  return [...raw]
    .map((byte) => (byte === 0 ? ' ' : characterOf(byte)))
    .join('')
    .trimEnd()
}

/** Of the eleven bytes of a short name: long names carry it, so that they are told from ones left behind. */
export function nameChecksum(name: Uint8Array): number {
  return name.reduce((sum, byte) => (((sum & 1) << 7) + (sum >> 1) + byte) & 0xff, 0)
}

const LAST = 0x40
const MOST_PIECES = 20
const UNITS_AT = [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30] as const

/**
 * Pieces of a long name, in the order of the disk: the last one first, each with its number, the short name after the
 * first. A piece out of order makes all of them worthless, as it does for Linux.
 */
export class LongName {
  #units: number[] = []
  #expected = 0
  #checksum = -1

  clear(): void {
    this.#units = []
    this.#expected = 0
    this.#checksum = -1
  }

  add(entry: Uint8Array): void {
    const view = new DataView(entry.buffer, entry.byteOffset, entry.byteLength)
    const order = view.getUint8(0)
    const number = order & ~LAST
    const checksum = view.getUint8(13)
    if ((order & LAST) !== 0) {
      this.clear()
      if (number === 0 || number > MOST_PIECES) return
      this.#checksum = checksum
    } else if (number !== this.#expected || number === 0 || checksum !== this.#checksum) {
      this.clear()
      return
    }
    this.#expected = number - 1
    this.#units.unshift(...UNITS_AT.map((at) => view.getUint16(at, true)))
  }

  /** The name, if all its pieces came and belong to this short name; none that could lead out of its directory. */
  takeFor(shortNameBytes: Uint8Array): string | undefined {
    const isWhole = this.#units.length > 0 && this.#expected === 0
    const belongs = isWhole && this.#checksum === nameChecksum(shortNameBytes)
    const end = this.#units.indexOf(0)
    const units = end === -1 ? this.#units : this.#units.slice(0, end)
    this.clear()
    if (!belongs || units.length === 0 || units.length > 255) return undefined
    const name = String.fromCharCode(...units).toWellFormed()
    return name.includes('/') || name === '.' || name === '..' ? undefined : name
  }
}

/** Names that Linux’ vfat takes for one: case makes no difference, nor do full stops at the end. */
export function foldName(name: string): string {
  return name.replace(/\.+$/, '').toLowerCase()
}
