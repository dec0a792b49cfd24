import { Cursor, toSafe } from '../../bytes/index.ts'
import { raise } from './errors.ts'

/**
 * Sections of ELF files (System V ABI, chapter 4: https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html).
 *
 * Scope: little-endian files of 32 and 64 bits that are in memory as a whole, their sections by name. Non-goals: symbols, relocations,
 * files without a table of sections.
 */
const MAGIC = 0x464c457f
const LITTLE_ENDIAN = 1
const SMALLEST_HEADER_BYTES = 52
/** Where fields lie in the header of the file and in that of a section, by its class: 32 and 64 bits. */
const CLASSES = {
  1: { headerBytes: 52, table: 0x20, shape: 0x2e, entryBytes: 40, offset: 0x10, length: 0x14 },
  2: { headerBytes: 64, table: 0x28, shape: 0x3a, entryBytes: 64, offset: 0x18, length: 0x20 },
} as const
const NO_BITS = 8
/** The drivers with the most sections have some hundreds. */
const MOST_SECTIONS = 65_279

export type ElfSections = ReadonlyMap<string, Uint8Array>

export function isElf(file: Uint8Array): boolean {
  return file.length >= SMALLEST_HEADER_BYTES && new Cursor(file, 'ELF header').u32le(0) === MAGIC
}

/**
 * The content of every section that has a name; of several with one name the first. Throws ELF_DAMAGED, also for a file of 32 bits
 * where those are not asked for.
 */
export function elfSections(file: Uint8Array, source: string, width: '64' | 'any' = '64'): ElfSections {
  const damaged = (problem: string): Error => raise('ELF_DAMAGED', { source, problem })
  if (!isElf(file)) throw damaged('it does not begin as ELF files do')
  const header = new Cursor(file, 'ELF header')
  const bits = header.u8(4)
  if (!(bits === 2 || (bits === 1 && width === 'any')) || header.u8(5) !== LITTLE_ENDIAN)
    throw damaged('it is of another class')
  const layout = CLASSES[bits]
  if (file.length < layout.headerBytes) throw damaged('its header is cut')
  const word = (at: number): number =>
    bits === 1 ? header.u32le(at) : toSafe(header.u64le(at), 'ELF header')
  const tableOffset = word(layout.table)
  const [entryBytes, count, namesIndex] = [0, 2, 4].map((at) => header.u16le(layout.shape + at)) as [
    number,
    number,
    number,
  ]
  if (entryBytes !== layout.entryBytes || count > MOST_SECTIONS || namesIndex >= count)
    throw damaged(`its table of ${count} sections is not as it should be`)
  if (tableOffset + count * entryBytes > file.length) throw damaged('it ends inside the table of sections')
  const content = (index: number): Uint8Array => {
    const at = tableOffset + index * entryBytes
    if (header.u32le(at + 4) === NO_BITS) return new Uint8Array(0)
    const offset = word(at + layout.offset)
    const length = word(at + layout.length)
    if (offset + length > file.length) throw damaged(`section ${index} lies behind its end`)
    return file.subarray(offset, offset + length)
  }
  const names = content(namesIndex)
  const sections = new Map<string, Uint8Array>()
  for (let index = 1; index < count; index += 1) {
    const name = zeroEnded(names, header.u32le(tableOffset + index * entryBytes))
    if (name !== '' && !sections.has(name)) sections.set(name, content(index))
  }
  return sections
}

/** The text up to the next zero byte; empty where there is none. */
export function zeroEnded(bytes: Uint8Array, from: number): string {
  const end = bytes.indexOf(0, from)
  return end < 0 ? '' : new TextDecoder().decode(bytes.subarray(from, end))
}
