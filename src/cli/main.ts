import manifest from '../../package.json' with { type: 'json' }
import { AnnealError, EXIT, isAnnealError } from '../core/index.ts'
import type { ExitCode } from '../core/index.ts'
import type { Command } from './command.ts'
import { COMMANDS, loadCommands } from './commands.ts'
import type { CommandEntry } from './commands.ts'
import { readConfig } from './config.ts'
import { raise } from './errors.ts'
import { helpText } from './help.ts'
import { Output } from './output.ts'
import type { Stream } from './output.ts'
import { parseCommand } from './parse.ts'
import { guardStandardStreams, writeBytes } from './standard-streams.ts'

/** SIGHUP: the terminal is gone, as with a lost connection. With nohup the launcher says that this is no matter. */
const INTERRUPTING: NodeJS.Signals[] = ['SIGINT', 'SIGTERM']
if (process.env['ANNEAL_NOHUP'] === '1') process.on('SIGHUP', () => undefined)
else INTERRUPTING.push('SIGHUP')

async function main(argv: readonly string[]): Promise<ExitCode> {
  const { words, rest } = splitWords(argv)
  if (words.length === 0 && rest[0] === '--version') {
    process.stdout.write(`anneal ${manifest.version}\n`)
    return EXIT.ok
  }
  const found = COMMANDS.find((one) => one.path.join(' ') === words.slice(0, one.path.length).join(' '))
  const wantsHelp = argv.some((word) => word === '--help' || word === '-h') && !argv.includes('--')
  const output = outputFor(argv)
  try {
    if (found === undefined || wantsHelp) return await help(found, words, wantsHelp)
    return await run(await found.load(), argv.slice(found.path.length), output)
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

async function help(
  found: CommandEntry | undefined,
  words: readonly string[],
  wanted: boolean,
): Promise<ExitCode> {
  const group = words.filter((_, index) =>
    COMMANDS.some((one) => words.slice(0, index + 1).every((word, at) => one.path[at] === word)),
  )
  if (found === undefined && group.length < words.length) {
    throw raise('USAGE', {
      command: `anneal ${words.join(' ')}`,
      why: 'there is no such command',
      help: `anneal ${[...group, '--help'].join(' ')}`,
    })
  }
  const path = found?.path ?? group
  const asked = COMMANDS.filter((one) => path.every((word, at) => one.path[at] === word))
  const text = helpText(path, await loadCommands(asked))
  ;(wanted ? process.stdout : process.stderr).write(text)
  return wanted ? EXIT.ok : EXIT.usage
}

async function run(found: Command, operands: readonly string[], output: Output): Promise<ExitCode> {
  const named = valueOf(operands, '--config') ?? process.env['ANNEAL_CONFIG']
  const { flags, args } = parseCommand(found, operands, process.env, await readConfig(named, loadCommands))
  const interrupted = new AbortController()
  const interrupt = (): void => {
    if (!interrupted.signal.aborted) output.say('interrupted: coming to rest first')
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

function outputFor(argv: readonly string[]): Output {
  const progress = valueOf(argv, '--progress')
  const noColor = (process.env['NO_COLOR'] ?? '') !== '' || !process.stderr.isTTY
  return new Output(stream(process.stdout), stream(process.stderr), {
    json: argv.includes('--json'),
    jsonProgress: progress === 'jsonl',
    noColor,
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

const streams = guardStandardStreams()
process.exitCode = streams.exitCode(await main(process.argv.slice(2)))
