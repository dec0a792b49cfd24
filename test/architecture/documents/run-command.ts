import type { BuildingWorld } from '../../../src/app/node/index.ts'
import { AnnealError } from '../../../src/core/index.ts'
import { LAB_COMMANDS } from '../../../lab/commands.ts'
import { COMMANDS } from '../../../src/cli/commands.ts'
import { Output } from '../../../src/cli/output.ts'
import { parseCommand } from '../../../src/cli/parse.ts'

/** What a command printed and how it ended. */
export type Ran = Readonly<{ exit: number; stdout: string; stderr: string }>

/** Runs a command of the tables in this process, as `main.ts` does, with `--json`. */
export function runCommand(...words: readonly string[]): Promise<Ran> {
  return runCommandWith({ signal: new AbortController().signal }, words)
}

/** The same for one that goes on until it is interrupted. */
export function runCommandUntil(signal: AbortSignal, ...words: readonly string[]): Promise<Ran> {
  return runCommandWith({ signal }, words)
}

/** The same on another node than this machine. */
export function runCommandOn(node: BuildingWorld, ...words: readonly string[]): Promise<Ran> {
  return runCommandWith({ signal: new AbortController().signal, node }, words)
}

/** The same for one that serves: `onLine` gets each line of progress as it is printed. */
export function runCommandWatched(
  signal: AbortSignal,
  onLine: (line: string) => void,
  ...words: readonly string[]
): Promise<Ran> {
  return runCommandWith({ signal }, words, onLine)
}

async function runCommandWith(
  input: Readonly<{ signal: AbortSignal; node?: BuildingWorld }>,
  words: readonly string[],
  onLine: (line: string) => void = () => undefined,
): Promise<Ran> {
  let stdout = ''
  let stderr = ''
  const take = (add: (text: string) => void) => ({
    write: add,
    writeBytes: async (bytes: Uint8Array) => add(new TextDecoder('latin1').decode(bytes)),
    isTerminal: false,
    columns: 80,
  })
  const output = new Output(
    take((text) => (stdout += text)),
    take((text) => {
      stderr += text
      onLine(text)
    }),
    { json: true, jsonProgress: true, noColor: true },
  )
  const found = [...COMMANDS, ...LAB_COMMANDS].find((one) =>
    one.path.every((word, index) => words[index] === word),
  )
  if (found === undefined) throw new TypeError(`no command ${words.join(' ')}`)
  const command = await found.load()
  try {
    const { flags, args } = parseCommand(
      command,
      [...words.slice(found.path.length), '--json'],
      process.env,
      {},
    )
    const exit = await command.run({ flags: flags as never, args, output, ...input })
    return { exit, stdout, stderr }
  } catch (error) {
    if (!(error instanceof AnnealError)) throw error
    output.error(error)
    return { exit: error.exit, stdout, stderr }
  }
}
