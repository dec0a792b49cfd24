/** An option of a GRUB command, as grub-core/lib/arg.c parses them. */
export type Option = Readonly<{
  long: string
  short?: string
  /** `maybe`: GRUB_ARG_OPTION_OPTIONAL. */
  argument: 'none' | 'needed' | 'maybe'
}>

export type Options = Readonly<{
  /** By long name: the last one's argument, and all of them. '' where it has none. */
  given: ReadonlyMap<string, readonly string[]>
  operands: readonly string[]
}>

const HELP: readonly Option[] = [
  { long: 'help', short: 'h', argument: 'none' },
  { long: 'usage', short: 'u', argument: 'none' },
]

/**
 * The options and operands of a command (grub_arg_parse). With `acceptDash` words that look like options and are none are
 * operands. undefined where GRUB refuses them, or only shows its help.
 */
export function parseOptions(
  options: readonly Option[],
  words: readonly string[],
  acceptDash: 'acceptDash' | 'refuseUnknown' = 'refuseUnknown',
): Options | undefined {
  const all = [...options, ...HELP]
  const byShort = (char: string | undefined): Option | undefined => all.find(({ short }) => short === char)
  const given = new Map<string, string[]>()
  const operands: string[] = []
  const give = (option: Option, argument: string | undefined): boolean => {
    if (HELP.includes(option)) return false
    if (option.argument === 'needed' && argument === undefined) return false
    if (option.argument === 'none' && argument !== undefined) return false
    given.set(option.long, [...(given.get(option.long) ?? []), argument ?? ''])
    return true
  }
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? ''
    if (!word.startsWith('-') || word.length === 1) {
      operands.push(word)
      continue
    }
    if (word === '--') {
      operands.push(...words.slice(index + 1))
      break
    }
    if (word.startsWith('--')) {
      const [, name = '', argument] = /^--([^=]*)(?:=([^]*))?$/.exec(word) ?? []
      const option = all.find(({ long }) => long === name)
      if (option === undefined) {
        if (acceptDash !== 'acceptDash') return undefined
        operands.push(word)
        continue
      }
      const next = words[index + 1]
      const takesNext =
        argument === undefined && option.argument !== 'none' && next !== undefined && !next.startsWith('-')
      if (takesNext) index += 1
      if (!give(option, takesNext ? next : argument)) return undefined
      continue
    }
    const chars = word.slice(1).split('')
    if (acceptDash === 'acceptDash' && !chars.every((char) => byShort(char) !== undefined)) {
      operands.push(word)
      continue
    }
    for (const [position, char] of chars.entries()) {
      const option = byShort(char)
      if (option === undefined) return undefined
      const isLast = position === chars.length - 1
      const next = words[index + 1]
      const takesNext =
        isLast &&
        option.argument !== 'none' &&
        next !== undefined &&
        (option.argument === 'needed' || next.length < 2 || !next.startsWith('-'))
      if (takesNext) index += 1
      if (!give(option, takesNext ? next : undefined)) return undefined
    }
  }
  return { given, operands }
}

/** The last argument of an option; undefined where it was not given. */
export function lastOf({ given }: Options, long: string): string | undefined {
  return given.get(long)?.at(-1)
}
