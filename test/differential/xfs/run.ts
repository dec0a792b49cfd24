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
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${status}\n${stdout}\n${stderr}`)
  return stdout.toString('utf8')
}

/** With these, mkfs.xfs makes file systems smaller than 300 MB, as its own tests do. */
export const SMALL = { TEST_DIR: '/nowhere', TEST_DEV: '/nowhere', QA_CHECK_FS: '1' } as const
