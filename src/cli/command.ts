import type { BuildingWorld } from '../app/node/index.ts'
import type { ExitCode } from '../core/index.ts'
import type { Output } from './output.ts'

/** One setting: a flag on the command line, and (unless `flagOnly`) a key of the configuration file. */
export type FlagSpec = Readonly<{
  help: string
  /** Letter of the short form. */
  short?: string
  /** An earlier name. It is accepted everywhere and shown nowhere. */
  was?: string
  flagOnly?: boolean
}> &
  Readonly<
    | { kind: 'switch' }
    | { kind: 'text'; placeholder: string; default?: string; environment?: string }
    | { kind: 'choice'; values: readonly string[]; default?: string; environment?: string }
    | { kind: 'list'; placeholder: string }
  >

export type FlagTable = Readonly<Record<string, FlagSpec>>

/** What a parsed flag is. */
export type FlagValue<S extends FlagSpec> = S extends { kind: 'switch' }
  ? boolean
  : S extends { kind: 'list' }
    ? readonly string[]
    : S extends { kind: 'choice'; values: readonly (infer V)[]; default: string }
      ? V
      : S extends { kind: 'choice'; values: readonly (infer V)[] }
        ? V | undefined
        : S extends { default: string }
          ? string
          : string | undefined

export type FlagValues<T extends FlagTable> = { readonly [K in keyof T]: FlagValue<T[K]> }

export type CommandInput<T extends FlagTable> = Readonly<{
  flags: FlagValues<T>
  args: readonly string[]
  output: Output
  signal: AbortSignal
  /** The node that the command acts on, where that is not this machine. */
  node?: BuildingWorld
}>

/** A command: one line of the table, one function. */
export type Command = Readonly<{
  /** `['node', 'plan']`. */
  path: readonly string[]
  summary: string
  /** Positional arguments as the help shows them: `FILE`, `[SERVICE…]`. */
  operands: string
  /** How many there may be. */
  count: Readonly<{ min: number; max: number }>
  flags: FlagTable
  /** Longer text for the command's own help. */
  details?: string
  /** Operands that begin a command of another program: where its flags are met, they belong behind `--`. */
  foreign?: RegExp
  /** Everything from the first operand on is for another program, flags too. */
  passesOn?: true
  /** It goes on until it is interrupted, and only tells: nobody is left to tell once either output has lost its reader. */
  endsWithReader?: true
  run: (input: CommandInput<FlagTable>) => Promise<ExitCode>
}>

/** Ties a command's function to its own flags. */
export function command<const T extends FlagTable>(
  spec: Omit<Command, 'flags' | 'run'> &
    Readonly<{ flags: T; run: (input: CommandInput<T>) => Promise<ExitCode> }>,
): Command {
  return spec as unknown as Command
}
