import { parseCommand } from '../parse.ts'
import { Output } from '../output.ts'
import type { Command } from '../command.ts'

export type Told = Readonly<{ stdout: string; stderr: string; exit: number }>

/** Runs one command with its own parser, and gives what it says. Throws what it throws. */
export async function runOne(one: Command, ...words: readonly string[]): Promise<Told> {
  const { flags, args } = parseCommand(one, words, {}, {})
  const told = { stdout: '', stderr: '' }
  const into = (name: keyof typeof told) => ({
    write: (text: string) => void (told[name] += text),
    writeBytes: async () => undefined,
    isTerminal: false,
    columns: 80,
  })
  const output = new Output(into('stdout'), into('stderr'), {
    json: false,
    jsonProgress: false,
    noColor: true,
    command: one.path.join(' '),
  })
  const { signal } = new AbortController()
  const exit = await one.run({ flags: flags as never, args, output, signal })
  return { ...told, exit }
}
