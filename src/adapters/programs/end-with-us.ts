import { existsSync } from 'node:fs'

const SETPRIV = '/usr/bin/setpriv'

/** What `setpriv` ends with where it does not find the program. */
export const PROGRAM_MISSING = 127

/**
 * A program that the kernel ends with this process, also where this process is killed (PR_SET_PDEATHSIG): what changes the world must not go
 * on beside the process that comes next. Without `setpriv` of util-linux, the program as it is.
 */
export function endingWithUs(
  program: string,
  words: readonly string[],
): Readonly<{ program: string; words: readonly string[] }> {
  if (!existsSync(SETPRIV)) return { program, words }
  return { program: SETPRIV, words: ['--pdeathsig', 'KILL', program, ...words] }
}
