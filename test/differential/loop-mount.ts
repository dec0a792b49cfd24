import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { run } from './run.ts'

const MOST_ATTEMPTS = 30

/** Mounts the image over a loop device, and unmounts it whatever happens. */
export function loopMounted<T>(
  image: string,
  directory: string,
  type: string,
  options: readonly string[],
  use: (directory: string) => T,
): T {
  mkdirSync(directory, { recursive: true })
  // Who takes a loop device at the same moment makes mount fail.
  patiently('mount', ['-t', type, '-o', ['loop', ...options].join(','), image, directory])
  try {
    return use(directory)
  } finally {
    // Who looks at every mount for a moment keeps it busy.
    patiently('umount', [directory])
  }
}

function patiently(program: string, args: readonly string[]): void {
  for (let attempt = 1; attempt < MOST_ATTEMPTS; attempt += 1) {
    const { status, stderr } = spawnSync(program, args, { env: { ...process.env, LC_ALL: 'C' } })
    if (status === 0) return
    if (!/already mounted|busy|loop device/.test(stderr?.toString() ?? '')) break
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Math.min(attempt, 10) * 50)
  }
  run(program, args)
}
