import { spawnSync } from 'node:child_process'

/** Runs a program to its end and gives what it printed; throws with all it said if it failed. */
export function run(program: string, argv: readonly string[]): string {
  const { stdout, stderr, status, error } = spawnSync(program, argv, { encoding: 'utf8', maxBuffer: 1 << 28 })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`${program} ${argv.join(' ')}: ${status}\n${stdout}\n${stderr}`)
  return stdout
}
