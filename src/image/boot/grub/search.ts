import { lastOf, parseOptions } from './options.ts'
import type { Option } from './options.ts'

export type SearchBy = 'fs_uuid' | 'fs_label' | 'file' | SearchByGpt

/** Of the GRUB of CoreOS and Flatcar. */
export type SearchByGpt = 'part_label' | 'part_uuid' | 'disk_uuid'

export type Search = Readonly<{
  by: SearchBy
  wanted: string
  /** What is set to the device that was found; undefined where it is only looked for. */
  variable?: string
}>

/** Of several the first counts. */
const KINDS = [
  ['label', 'fs_label'],
  ['fs-uuid', 'fs_uuid'],
  ['part-label', 'part_label'],
  ['part-uuid', 'part_uuid'],
  ['disk-uuid', 'disk_uuid'],
  ['file', 'file'],
] as const

const HINT = (suffix: string): Option => ({ long: `hint${suffix}`, argument: 'needed' })

/** grub-core/commands/search_wrap.c; `root-dev-only` is Fedora's. */
const OPTIONS: readonly Option[] = [
  { long: 'file', short: 'f', argument: 'none' },
  { long: 'label', short: 'l', argument: 'none' },
  { long: 'fs-uuid', short: 'u', argument: 'none' },
  { long: 'set', short: 's', argument: 'maybe' },
  { long: 'no-floppy', short: 'n', argument: 'none' },
  { long: 'efidisk-only', argument: 'none' },
  { long: 'cryptodisk-only', argument: 'none' },
  { long: 'part-label', short: 'L', argument: 'none' },
  { long: 'part-uuid', short: 'U', argument: 'none' },
  { long: 'disk-uuid', short: 'U', argument: 'none' },
  { long: 'root-dev-only', short: 'r', argument: 'none' },
  { ...HINT(''), short: 'h' },
  ...['-ieee1275', '-bios', '-baremetal', '-efi', '-arc'].map(HINT),
]

/** `search --fs-uuid --set=root UUID`, `search.fs_uuid UUID root`. Hints only say where to look first. */
export function parseSearch(command: string, words: readonly string[]): Search | undefined {
  if (command !== 'search') return parseOldSearch(command, words)
  const options = parseOptions(OPTIONS, words, 'acceptDash')
  if (options === undefined) return undefined
  const has = (long: string): boolean => options.given.has(long)
  const named = lastOf(options, 'set')
  const operand = options.operands.find((word) => !word.startsWith('--hint-'))
  // `--set UUID`: what stands there is what is searched for, where nothing else is.
  const wanted = operand ?? (named === '' ? undefined : named)
  if (wanted === undefined) return undefined
  const by = KINDS.find(([long]) => has(long))?.[1]
  if (by === undefined) return undefined
  const variable = named === undefined ? undefined : operand === undefined || named === '' ? 'root' : named
  return { by, wanted, ...(variable !== undefined && { variable }) }
}

/** `search.fs_uuid UUID [VARIABLE [HINT…]]`. */
function parseOldSearch(command: string, words: readonly string[]): Search | undefined {
  const [wanted, variable] = words
  if (wanted === undefined) return undefined
  const by = KINDS.find(([, one]) => command === `search.${one}`)?.[1] ?? 'file'
  return { by, wanted, ...(variable !== undefined && { variable }) }
}

export function isByGpt(by: SearchBy): by is SearchByGpt {
  return by === 'part_label' || by === 'part_uuid' || by === 'disk_uuid'
}
