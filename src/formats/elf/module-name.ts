import { elfSections, zeroEnded } from './sections.ts'
import { raise } from './errors.ts'

/** What a module of GRUB calls itself (grub_dl_resolve_name in grub-core/kern/dl.c). Throws ELF_DAMAGED. */
export function moduleName(file: Uint8Array, source: string): string {
  const name = elfSections(file, source, 'any').get('.modname')
  if (name === undefined) throw raise('ELF_DAMAGED', { source, problem: 'a module has no name' })
  return zeroEnded(name, 0)
}
