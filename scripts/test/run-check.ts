import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { ROOT } from '../source/index.ts'
import type { Tally } from './tally.ts'
import type { Check } from './tiers.ts'

/** Runs a check with the project's own programs first on the path. What it prints goes to the terminal once it has ended. */
export async function runCheck(check: Check, tally: Tally, signal: AbortSignal): Promise<void> {
  const [program = '', ...rest] = check.argv
  const bin = join(ROOT, 'node_modules/.bin')
  const child = spawn(join(bin, program), rest, {
    cwd: ROOT,
    // Their first line asks for "node": it has to be the pinned one, whatever the machine has.
    env: { ...process.env, PATH: `${bin}:${process.env['PATH'] ?? ''}` },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  })
  const text: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => text.push(part))
  const exitCode = await new Promise<number | string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, killedBy) => resolve(code ?? killedBy ?? 'killed'))
  })
  const passed = exitCode === 0
  process.stdout.write(
    `\n── ${check.name}\n${Buffer.concat(text).toString()}${passed ? '✔' : '✖'} ${check.name}\n`,
  )
  tally.add(check.name, passed ? 'passed' : 'failed', passed ? '' : `exit code ${exitCode}`)
}
