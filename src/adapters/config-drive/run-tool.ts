import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { searchPath } from '../programs/index.ts'
import { raise } from './errors.ts'

const run = promisify(execFile)
const DEADLINE_MS = 60_000
const MOST_OUTPUT_BYTES = 96 * 1024 * 1024

/** One program, or the next where it is not installed. */
export type Tool = Readonly<{ program: string; argv: readonly string[] }>

/** What the program wrote to its standard output. Throws CONFIG_DRIVE_NEEDS_PROGRAM, CONFIG_DRIVE_FAILED. */
export async function runTool(
  tools: readonly Tool[],
  fromPackage: string,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  for (const { program, argv } of tools) {
    try {
      const { stdout } = await run(program, [...argv], {
        encoding: 'buffer',
        maxBuffer: MOST_OUTPUT_BYTES,
        timeout: DEADLINE_MS,
        env: { PATH: searchPath(), LC_ALL: 'C', MTOOLS_SKIP_CHECK: '1' },
        ...(signal && { signal }),
      })
      return stdout
    } catch (error) {
      signal?.throwIfAborted()
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue
      const { stderr } = error as Readonly<{ stderr?: Buffer }>
      const why = stderr?.toString().trim().split('\n').slice(-3).join('; ') || (error as Error).message
      throw raise('CONFIG_DRIVE_FAILED', { program, why }, error)
    }
  }
  const programs = tools.map(({ program }) => program).join(' or ')
  throw raise('CONFIG_DRIVE_NEEDS_PROGRAM', { programs, package: fromPackage })
}
