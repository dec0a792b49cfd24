import { AnnealError, EXIT, isAnnealError } from '../core/index.ts'
import type { ExitCode } from '../core/index.ts'
import type { Command } from './command.ts'
import { loadCommands } from './commands.ts'
import type { CommandEntry } from './commands.ts'
import { readConfig } from './config.ts'
import { raise } from './errors.ts'
import { helpText } from './help.ts'
import type { GroupBeside } from './help.ts'
import { nearest, offer } from './nearest.ts'
import { Output } from './output.ts'
import type { Stream } from './output.ts'
import { parseCommand } from './parse.ts'
import { guardStandardStreams, writeBytes } from './standard-streams.ts'

/** SIGHUP: the terminal is gone, as with a lost connection. With nohup the launcher says that this is no matter. */
const INTERRUPTING: NodeJS.Signals[] = ['SIGINT', 'SIGTERM']
if (process.env['ANNEAL_NOHUP'] === '1') process.on('SIGHUP', () => undefined)
else INTERRUPTING.push('SIGHUP')

/** Node ends so where a promise of the main module is left that nothing can settle any more (process, "Exit codes"). */
const UNSETTLED = 13

type Streams = ReturnType<typeof guardStandardStreams>

export type Program = Readonly<{
  /** `anneal --version` prints it. */
  version: string
  commands: readonly CommandEntry[]
  /** Groups of commands that another program runs: the launcher calls it. The help names them. */
  beside?: readonly GroupBeside[]
}>

/** Runs the command that `argv` names, and ends the process with its exit code. */
export async function runProgram(program: Program, given: readonly string[]): Promise<void> {
  // `anneal help node plan` is `anneal node plan --help`.
  const argv = given[0] === 'help' ? [...given.slice(1), '--help'] : given
  const streams = guardStandardStreams()
  process.once('exit', (code) => {
    if (code !== UNSETTLED) return
    const fault = raise('INTERNAL', { why: 'it waits for something that cannot happen any more' })
    outputFor(argv).error(fault)
    process.exitCode = fault.exit
  })
  process.exitCode = streams.exitCode(await main(program, argv, streams))
}

async function main(program: Program, argv: readonly string[], streams: Streams): Promise<ExitCode> {
  const { words, rest } = splitWords(argv)
  if (words.length === 0 && rest[0] === '--version') {
    process.stdout.write(`anneal ${program.version}\n`)
    return EXIT.ok
  }
  const found = findCommand(program, words)
  const wantsHelp = asksForHelp(found, argv)
  const output = outputFor(argv, found)
  try {
    if (found === undefined || wantsHelp) return await help(program, found, words, wantsHelp)
    return await run(program, await found.load(), argv.slice(found.path.length), output, streams)
  } catch (error) {
    // The guard of the standard streams has heard of it, too, and decides what is said and what to exit with.
    if (isAnnealError(error, 'STDOUT_UNWRITABLE')) return EXIT.ok
    if (error instanceof AnnealError) {
      output.error(error)
      return error.exit
    }
    const internal = raise('INTERNAL', { why: error instanceof Error ? error.message : String(error) })
    // What those who mend it need; with --json nothing but the document is on standard error.
    if (!output.json && error instanceof Error) output.say(error.stack ?? '')
    output.error(internal)
    return internal.exit
  } finally {
    output.clearLive()
  }
}

function findCommand({ commands }: Program, words: readonly string[]): CommandEntry | undefined {
  return commands.find((one) => one.path.join(' ') === words.slice(0, one.path.length).join(' '))
}

/** Words after the first operand of a command that passes them on are not for Anneal. */
function asksForHelp(found: CommandEntry | undefined, argv: readonly string[]): boolean {
  const own = found?.passesOn === true ? argv.slice(0, found.path.length + 1) : argv
  return own.some((word) => word === '--help' || word === '-h') && !own.includes('--')
}

/** What was meant by `words`, of which the first are the `group`: a word of that group, or a command without the word before it. */
function nearestCommand(
  words: readonly string[],
  group: readonly string[],
  paths: readonly (readonly string[])[],
): string | undefined {
  const typed = words[group.length] ?? ''
  const known = paths.filter((path) => group.every((word, at) => path[at] === word))
  const whole = known.filter((path) => path.at(-1) === typed)
  const next = nearest(typed, [
    ...new Set(known.flatMap((path) => path.slice(group.length, group.length + 1))),
  ])
  const meant = whole.length === 1 ? whole[0] : next === undefined ? undefined : [...group, next]
  return meant === undefined ? undefined : `anneal ${meant.join(' ')}`
}

async function help(
  { commands, beside = [] }: Program,
  found: CommandEntry | undefined,
  words: readonly string[],
  wanted: boolean,
): Promise<ExitCode> {
  const group = words.filter((_, index) =>
    commands.some((one) => words.slice(0, index + 1).every((word, at) => one.path[at] === word)),
  )
  if (found === undefined && group.length < words.length) {
    throw raise('USAGE', {
      command: `anneal ${words.join(' ')}`,
      why: `there is no such command${offer(nearestCommand(words, group, [...commands.map(({ path }) => path), ...beside.map(({ word }) => [word])]))}`,
      help: `anneal ${[...group, '--help'].join(' ')}`,
    })
  }
  const path = found?.path ?? group
  const asked = commands.filter((one) => path.every((word, at) => one.path[at] === word))
  const text = helpText(path, await loadCommands(asked), path.length === 0 ? beside : [])
  ;(wanted ? process.stdout : process.stderr).write(text)
  return wanted ? EXIT.ok : EXIT.usage
}

async function run(
  program: Program,
  found: Command,
  operands: readonly string[],
  output: Output,
  streams: Streams,
): Promise<ExitCode> {
  const named = valueOf(operands, '--config') ?? process.env['ANNEAL_CONFIG']
  const settings =
    'config' in found.flags ? await readConfig(named, () => loadCommands(program.commands)) : {}
  const { flags, args } = parseCommand(found, operands, process.env, settings)
  const interrupted = new AbortController()
  const interrupt = (): void => {
    if (!interrupted.signal.aborted) output.say('interrupted: stopping in a safe state')
    interrupted.abort()
  }
  for (const name of INTERRUPTING) process.on(name, interrupt)
  if (found.endsWithReader === true) streams.whenLost(() => interrupted.abort())
  try {
    return await found.run({ flags: flags as never, args, output, signal: interrupted.signal })
  } catch (error) {
    const { aborted, reason } = interrupted.signal
    const isAbort = error === reason || (error instanceof Error && error.name === 'AbortError')
    throw aborted && isAbort ? raise('INTERRUPTED', { command: `anneal ${found.path.join(' ')}` }) : error
  } finally {
    for (const name of INTERRUPTING) process.off(name, interrupt)
  }
}

/** The leading words that are no flags: the command's path, perhaps with operands behind it. */
function splitWords(argv: readonly string[]): { words: readonly string[]; rest: readonly string[] } {
  const end = argv.findIndex((word) => word.startsWith('-'))
  return end === -1 ? { words: argv, rest: [] } : { words: argv.slice(0, end), rest: argv.slice(end) }
}

function outputFor(argv: readonly string[], found?: CommandEntry): Output {
  const progress = valueOf(argv, '--progress')
  const noColor = (process.env['NO_COLOR'] ?? '') !== '' || !process.stderr.isTTY
  return new Output(stream(process.stdout), stream(process.stderr), {
    json: argv.includes('--json'),
    jsonProgress: progress === 'jsonl',
    noColor,
    ...(found === undefined ? {} : { command: found.path.join(' ') }),
  })
}

function valueOf(argv: readonly string[], flag: string): string | undefined {
  const index = argv.findIndex((word) => word === flag || word.startsWith(`${flag}=`))
  const word = argv[index]
  return word === flag ? argv[index + 1] : word?.slice(flag.length + 1)
}

function stream(target: NodeJS.WriteStream): Stream {
  return {
    write: (text) => void target.write(text),
    writeBytes: (bytes) => writeBytes(target, bytes),
    isTerminal: target.isTTY,
    columns: target.columns ?? 80,
  }
}
