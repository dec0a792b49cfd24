import { Cursor, toSafe } from '../../bytes/index.ts'
import { raise } from './errors.ts'

/**
 * Sections of ELF files (System V ABI, chapter 4: https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html).
 *
 * Scope: 64-bit little-endian files that are in memory as a whole, their sections by name. Non-goals: symbols, relocations,
 * files without a table of sections.
 */
const MAGIC = 0x464c457f
const CLASS_64 = 2
const LITTLE_ENDIAN = 1
const HEADER_BYTES = 64
const SECTION_HEADER_BYTES = 64
const NO_BITS = 8
/** The drivers with the most sections have some hundreds. */
const MOST_SECTIONS = 65_279

export type ElfSections = ReadonlyMap<string, Uint8Array>

export function isElf(file: Uint8Array): boolean {
  return file.length >= HEADER_BYTES && new Cursor(file, 'ELF header').u32le(0) === MAGIC
}

/** The content of every section that has a name; of several with one name the first. Throws ELF_DAMAGED. */
export function elfSections(file: Uint8Array, source: string): ElfSections {
  const damaged = (problem: string): Error => raise('ELF_DAMAGED', { source, problem })
  if (!isElf(file)) throw damaged('it does not begin as ELF files do')
  const header = new Cursor(file, 'ELF header')
  if (header.u8(4) !== CLASS_64 || header.u8(5) !== LITTLE_ENDIAN) throw damaged('it is of another class')
  const tableOffset = toSafe(header.u64le(0x28), 'ELF header')
  const [entryBytes, count, namesIndex] = [header.u16le(0x3a), header.u16le(0x3c), header.u16le(0x3e)]
  if (entryBytes !== SECTION_HEADER_BYTES || count > MOST_SECTIONS || namesIndex >= count)
    throw damaged(`its table of ${count} sections is not as it should be`)
  if (tableOffset + count * entryBytes > file.length) throw damaged('it ends inside the table of sections')
  const content = (index: number): Uint8Array => {
    const at = tableOffset + index * entryBytes
    if (header.u32le(at + 4) === NO_BITS) return new Uint8Array(0)
    const offset = toSafe(header.u64le(at + 0x18), 'section header')
    const length = toSafe(header.u64le(at + 0x20), 'section header')
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
