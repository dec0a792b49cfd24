import { spawnSync } from 'node:child_process'

/** Runs a program to its end and gives what it printed; throws with all it said if it failed. */
export function run(
  program: string,
  args: readonly string[],
  options: Readonly<{ input?: string; env?: Readonly<Record<string, string>> }> = {},
): string {
  const { stdout, stderr, status, error } = spawnSync(program, args, {
    input: options.input ?? '',
    env: { ...process.env, LC_ALL: 'C.UTF-8', TZ: 'UTC', ...options.env },
    maxBuffer: 1 << 30,
  })
  if (error !== undefined) throw error
  if (status !== 0)
    throw new Error(`${program} ${args.join(' ')}: ${status}\n${stdout.toString()}\n${stderr.toString()}`)
  return stdout.toString('utf8')
}
