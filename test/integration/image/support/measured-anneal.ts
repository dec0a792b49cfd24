import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { ROOT } from '../../../../scripts/source/index.ts'

const MOST_RSS_MIB = 256

/** Why a test cannot run that needs these programs. */
export function lacks(...programs: readonly string[]): string | undefined {
  const missing = ['/usr/bin/time', ...programs].find(
    (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0,
  )
  return missing === undefined ? undefined : `needs ${missing}`
}

type Ended = Readonly<{ status: number | null; peakMib: number; stdout: string; stderr: string }>

/** The launcher becomes Node: what time(1) measures is Node itself. */
export function anneal(...args: readonly string[]): Ended {
  const { status, stdout, stderr } = spawnSync(
    '/usr/bin/time',
    ['-f', 'peak %M', join(ROOT, 'anneal'), ...args],
    { encoding: 'utf8', timeout: 300_000 },
  )
  const peakKib = Number(/^peak (\d+)$/m.exec(stderr)?.[1])
  return { status, peakMib: peakKib / 1024, stdout, stderr }
}

export function assertSmall({ peakMib, stderr }: Ended, what: string): void {
  assert.ok(peakMib <= MOST_RSS_MIB, `${what}: ${peakMib} MiB at the peak; ${stderr}`)
}
