import { parseArgs } from 'node:util'
import type { ParseArgsOptionsConfig } from 'node:util'
import type { Command, FlagSpec, FlagTable } from './command.ts'
import { raise } from './errors.ts'
import { nearest, offer } from './nearest.ts'

export type Parsed = Readonly<{ flags: Readonly<Record<string, unknown>>; args: readonly string[] }>

/**
 * Flags of one command: the command line wins over the environment, that over the configuration file, that over the
 * default. Unknown flags and wrong counts are USAGE errors that name the command's help.
 */
export function parseCommand(
  command: Command,
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  config: Readonly<Record<string, unknown>>,
): Parsed {
  const name = `anneal ${command.path.join(' ')}`
  const fail = (why: string): Error => raise('USAGE', { command: name, why, help: `${name} --help` })
  let parsed: { values: Record<string, unknown>; positionals: string[] }
  try {
    parsed = parseArgs({
      args: command.passesOn === true ? protectOperands(argv, command.flags) : [...argv],
      options: optionsOf(command.flags),
      allowPositionals: true,
      strict: true,
    })
  } catch (error) {
    const why = wordsOf((error as Error).message, command.flags)
    const program = argv.includes('--') ? undefined : argv.find((word) => command.foreign?.test(word))
    if (program === undefined) throw fail(why)
    throw raise('USAGE_NOT_SEPARATED', { command: name, why, program, help: `${name} --help` })
  }
  const { min, max } = command.count
  if (parsed.positionals.length < min) throw fail(`it needs ${command.operands}`)
  if (parsed.positionals.length > max) {
    throw fail(
      max === 0
        ? 'it takes no operands'
        : `it takes ${command.operands}, not ${parsed.positionals.length} operands`,
    )
  }
  const flags: Record<string, unknown> = {}
  for (const [flag, spec] of Object.entries(command.flags)) {
    const value =
      given(parsed.values, flag, spec) ??
      fromEnvironment(spec, environment) ??
      given(config, flag, spec) ??
      fallback(spec)
    if (
      spec.kind === 'choice' &&
      value !== undefined &&
      !(typeof value === 'string' && spec.values.includes(value))
    ) {
      throw fail(`--${flag} is one of ${spec.values.join(', ')}, not ${JSON.stringify(value)}`)
    }
    flags[flag] = value
  }
  return { flags, args: parsed.positionals }
}

/** What util.parseArgs says, in the words of this program. */
function wordsOf(message: string, flags: FlagTable): string {
  const [, flag = message, what] =
    /^(?:Unknown o|O)ption '(.+?)(?: <value>)?'( argument missing| argument is ambiguous| does not take an argument)?/.exec(
      message,
    ) ?? []
  switch (what) {
    case ' argument missing':
      return `"${flag}" needs a value`
    case ' argument is ambiguous':
      return `"${flag}" needs a value; one that begins with "-" is written ${flag.replace(/^-\w, /, '')}=VALUE`
    case ' does not take an argument':
      return `"${flag}" takes no value`
    case undefined:
    default:
      return flag === message ? message : `there is no flag "${flag}"${offer(nearestFlag(flag, flags))}`
  }
}

/** Of the long flags; one letter says nothing of what was meant. */
function nearestFlag(flag: string, flags: FlagTable): string | undefined {
  const name = flag.startsWith('--') ? nearest(flag.slice(2), Object.keys(flags)) : undefined
  return name === undefined ? undefined : `--${name}`
}

/** Puts `--` before the first operand, so that what follows is not read as flags. */
function protectOperands(argv: readonly string[], flags: FlagTable): string[] {
  const { tokens } = parseArgs({
    args: [...argv],
    options: optionsOf(flags),
    allowPositionals: true,
    strict: false,
    tokens: true,
  })
  const first = tokens.find(({ kind }) => kind !== 'option')
  if (first === undefined || first.kind === 'option-terminator') return [...argv]
  return [...argv.slice(0, first.index), '--', ...argv.slice(first.index)]
}

function optionsOf(flags: FlagTable): ParseArgsOptionsConfig {
  const options: ParseArgsOptionsConfig = {}
  for (const [flag, spec] of Object.entries(flags)) {
    const option = {
      type: spec.kind === 'switch' ? 'boolean' : 'string',
      ...(spec.kind === 'list' ? { multiple: true } : {}),
    } as const
    options[flag] = { ...option, ...(spec.short === undefined ? {} : { short: spec.short }) }
    if (spec.was !== undefined) options[spec.was] = option
  }
  return options
}

/** The value under the flag's name or its earlier one. A list holds what was given under both. */
function given(values: Readonly<Record<string, unknown>>, flag: string, spec: FlagSpec): unknown {
  const now = values[flag]
  const before = spec.was === undefined ? undefined : values[spec.was]
  return Array.isArray(now) && Array.isArray(before) ? [...before, ...now] : (now ?? before)
}

function fromEnvironment(
  spec: FlagSpec,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (spec.kind !== 'text' && spec.kind !== 'choice') return undefined
  return spec.environment === undefined ? undefined : environment[spec.environment] || undefined
}

function fallback(spec: FlagSpec): unknown {
  switch (spec.kind) {
    case 'switch':
      return false
    case 'list':
      return []
    case 'text':
    case 'choice':
      return spec.default
  }
}
