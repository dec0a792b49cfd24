import type { ByteSource } from '../../bytes/index.ts'
import { ATTRIBUTE, DIRECTORY_ENTRY, ENTRY_BYTES } from './layout.ts'
import type { ShortEntry } from './layout.ts'
import { LongName, shortName } from './names.ts'

/** One entry with its name, and where its short entry lies. */
export type Listed = Readonly<{
  name: string
  /** The one of eight and three characters, by which it is found as well. */
  alias: string
  entry: ShortEntry
  offsetBytes: number
}>

/** Where a directory's entries lie; in order. */
export type Piece = Readonly<{ offsetBytes: number; lengthBytes: number }>

const FREE = 0xe5
const END = 0

/** The entries of a directory; `.`, `..` and free ones left out, the volume's label (if any) told apart. */
export async function* entriesOf(
  source: ByteSource,
  pieces: readonly Piece[],
  signal?: AbortSignal,
): AsyncGenerator<Listed & Readonly<{ isLabel: boolean }>, void, undefined> {
  const long = new LongName()
  for (const { offsetBytes, lengthBytes } of pieces) {
    const block = await source.read(offsetBytes, lengthBytes, signal)
    for (let at = 0; at + ENTRY_BYTES <= block.length; at += ENTRY_BYTES) {
      const raw = block.subarray(at, at + ENTRY_BYTES)
      if (raw[0] === END) return
      if (raw[0] === FREE) {
        long.clear()
        continue
      }
      const attributes = raw[11] ?? 0
      if ((attributes & 0x3f) === ATTRIBUTE.longName) {
        long.add(raw)
        continue
      }
      const entry = DIRECTORY_ENTRY.read(raw, offsetBytes + at)
      const alias = shortName(entry)
      const name = long.takeFor(entry.name) ?? alias
      if (name === '.' || name === '..' || name === '') continue
      const isLabel = (attributes & ATTRIBUTE.volume) !== 0
      yield { name, alias, entry, offsetBytes: offsetBytes + at, isLabel }
    }
  }
}
