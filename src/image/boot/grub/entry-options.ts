import { lastOf, parseOptions } from './options.ts'
import type { Option } from './options.ts'

/** `menuentry` and `submenu` (grub-core/commands/menuentry.c). */
const OPTIONS: readonly Option[] = [
  { long: 'class', argument: 'needed' },
  { long: 'users', argument: 'needed' },
  { long: 'hotkey', argument: 'needed' },
  { long: 'source', argument: 'needed' },
  { long: 'id', argument: 'needed' },
  { long: 'unrestricted', argument: 'none' },
]

export type EntryOptions = Readonly<{
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
export function parseEntryOptions(words: readonly string[]): EntryOptions | undefined {
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
