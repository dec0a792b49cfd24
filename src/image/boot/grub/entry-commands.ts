import type { ArgumentSource } from '../contract.ts'
import { makeBlsEntries } from './bls-commands.ts'
import { linesOf } from './lexer.ts'
import { unitsOf } from './script.ts'
import type { Script } from './script.ts'
import { BAD_ARGUMENT, DONE, MOST_ENTRIES, placeOf } from './state.ts'
import type { GrubState } from './state.ts'
import { lastOf, parseOptions } from './options.ts'
import type { Option } from './options.ts'

/** `menuentry` and `submenu`. */
export function defineEntry(
  state: GrubState,
  isSubmenu: boolean,
  values: readonly string[],
  block: Script | undefined,
  source: ArgumentSource,
): number {
  const options = parseEntryOptions(values)
  if (options === undefined || (options.script === undefined) === (block === undefined)) return BAD_ARGUMENT
  let script = block ?? []
  if (options.script !== undefined) {
    const units = [...unitsOf(linesOf(options.script.split('\n'), 'keepComments'))]
    script = units.flatMap((unit) => (unit.kind === 'script' ? unit.script : []))
  }
  if (state.context.menu.length >= MOST_ENTRIES) {
    state.unclear(state.file, `it has more than ${MOST_ENTRIES} menu entries`)
    return DONE
  }
  const { title, id, hasId, parameters } = options
  state.context.menu.push({ title, id, hasId, parameters, source, file: state.file, script, isSubmenu })
  return DONE
}

/** `blscfg` and `uki`: `unknown` where this GRUB has no such command. */
export async function addBlsEntries(
  state: GrubState,
  name: string,
  values: readonly string[],
  source: ArgumentSource,
): Promise<number | 'unknown'> {
  const { dialect, platform } = state.setting
  const around = {
    files: state.files,
    devices: state.devices,
    kind: dialect.kind,
    isEfi: platform === 'efi',
    variables: state.context.variables,
    memory: state.bls,
  }
  if (name !== 'uki') state.blsCalledAt ??= placeOf(source)
  const option = values.find((value) => /^-./.test(value))
  if (name === 'blscfg' && option !== undefined) {
    state.blsOptionsAt ??= placeOf(source)
    if (dialect.bls === 'fedora')
      state.note(
        placeOf(source),
        `blscfg of this GRUB has no options: “${option}” does not tell it where to look`,
      )
  }
  const made = await makeBlsEntries(around, name, values)
  if (made === undefined) return 'unknown'
  state.hasBls ||= name !== 'uki'
  for (const one of made) {
    if (state.context.menu.length >= MOST_ENTRIES) break
    const units = [...unitsOf(linesOf(one.script.split('\n'), 'keepComments'))]
    state.context.menu.push({
      title: one.title,
      id: one.id,
      hasId: true,
      parameters: [one.title],
      source: { kind: 'bls', file: one.file },
      file: one.file,
      script: units.flatMap((unit) => (unit.kind === 'script' ? unit.script : [])),
      isSubmenu: false,
      made: one,
    })
  }
  if (made.length === 0) state.note(placeOf(source), `${name} finds no entry`)
  return DONE
}

/** `menuentry` and `submenu` (grub-core/commands/menuentry.c). */
const OPTIONS: readonly Option[] = [
  { long: 'class', argument: 'needed' },
  { long: 'users', argument: 'needed' },
  { long: 'hotkey', argument: 'needed' },
  { long: 'source', argument: 'needed' },
  { long: 'id', argument: 'needed' },
  { long: 'unrestricted', argument: 'none' },
]

type EntryOptions = Readonly<{
  title: string
  /** The title where none is given. */
  id: string
  hasId: boolean
  /** What `$1`, `$2` … are in the entry: the title and what stands behind it. */
  parameters: readonly string[]
  /** The entry's script where it is given as a word instead of a block. */
  script?: string
}>

/** undefined where GRUB makes no entry of it. */
function parseEntryOptions(words: readonly string[]): EntryOptions | undefined {
  const options = parseOptions(OPTIONS, words, 'acceptDash')
  const [title] = options?.operands ?? []
  if (options === undefined || title === undefined) return undefined
  const id = lastOf(options, 'id')
  const script = lastOf(options, 'source')
  return {
    title,
    id: id ?? title,
    hasId: id !== undefined,
    parameters: options.operands,
    ...(script !== undefined && { script }),
  }
}
