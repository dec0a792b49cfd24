import { elfSections } from './sections.ts'
import { raise } from './errors.ts'

/** What a module of the Linux kernel says of itself (include/linux/module.h, MODULE_INFO). */
export type ModuleInfo = Readonly<{
  /** Modules whose symbols it uses. */
  depends: readonly string[]
  /** Modules that it asks to have loaded before it (`softdep: pre: …`). */
  softDepends: readonly string[]
  /** Patterns of devices that it drives, and of other names that it answers to: `pci:v00008086d…`. */
  aliases: readonly string[]
  /** Files that it asks for, below /lib/firmware. */
  firmware: readonly string[]
}>

/** Of the section `.modinfo`: texts `name=value` that end with a zero byte each. Throws ELF_DAMAGED. */
export function moduleInfo(file: Uint8Array, source: string): ModuleInfo {
  const section = elfSections(file, source).get('.modinfo')
  if (section === undefined) throw raise('ELF_DAMAGED', { source, problem: 'it has no section .modinfo' })
  const values = new Map<string, string[]>()
  for (const line of new TextDecoder('latin1').decode(section).split('\0')) {
    const at = line.indexOf('=')
    if (at < 0) continue
    const name = line.slice(0, at)
    const known = values.get(name)
    if (known === undefined) values.set(name, [line.slice(at + 1)])
    else known.push(line.slice(at + 1))
  }
  const all = (name: string): readonly string[] => values.get(name) ?? []
  return {
    depends: all('depends').flatMap((list) => list.split(',').filter((one) => one !== '')),
    softDepends: all('softdep').flatMap(beforeIt),
    aliases: all('alias'),
    firmware: all('firmware'),
  }
}

/** `pre: a b post: c` → a, b. */
function beforeIt(text: string): readonly string[] {
  const names: string[] = []
  let isBefore = false
  for (const word of text.split(/\s+/)) {
    if (word.endsWith(':')) isBefore = word === 'pre:'
    else if (isBefore && word !== '') names.push(word)
  }
  return names
}
