import { Cursor, toSafe } from '../../bytes/index.ts'
import { elfSections, isElf, zeroEnded } from './sections.ts'

/** DT_NEEDED of the dynamic section (System V ABI, chapter 5). */
const NEEDED = 1n
const ENTRY_BYTES = 16

export type DynamicNeeds = Readonly<{
  /** The loader that the kernel starts for it: `/lib64/ld-linux-x86-64.so.2`. */
  interpreter?: string
  /** Names of libraries, as the loader looks for them: `libc.so.6`. */
  libraries: readonly string[]
}>

/** What a program or library needs beside itself; nothing for a script or a static program. Throws ELF_DAMAGED. */
export function dynamicNeeds(file: Uint8Array, source: string): DynamicNeeds {
  if (!isElf(file)) return { libraries: [] }
  const sections = elfSections(file, source)
  const interp = sections.get('.interp')
  const entries = sections.get('.dynamic') ?? new Uint8Array(0)
  const names = sections.get('.dynstr') ?? new Uint8Array(0)
  const cursor = new Cursor(entries, '.dynamic')
  const libraries: string[] = []
  for (let at = 0; at + ENTRY_BYTES <= entries.length; at += ENTRY_BYTES) {
    if (cursor.u64le(at) === NEEDED)
      libraries.push(zeroEnded(names, toSafe(cursor.u64le(at + 8), '.dynamic')))
  }
  return { ...(interp === undefined ? {} : { interpreter: zeroEnded(interp, 0) }), libraries }
}
