import type { Command } from './command.ts'
import { raise } from './errors.ts'

/**
 * Loads what a command needs. Who updates the program and not its packages has some that are missing, and gets to hear what
 * to do: throws PACKAGES_INCOMPLETE.
 */
export async function loadCommand(words: string, load: () => Promise<Command>): Promise<Command> {
  try {
    return await load()
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'ERR_MODULE_NOT_FOUND') throw error
    const name = /Cannot find (?:package|module) '([^']+)'/.exec(error.message)?.[1] ?? error.message
    throw raise('PACKAGES_INCOMPLETE', { command: `anneal ${words}`, name }, error)
  }
}
