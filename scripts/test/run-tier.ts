import { globSync } from 'node:fs'
import { resolve } from 'node:path'
import { finished } from 'node:stream/promises'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { ROOT } from '../source/index.ts'
import type { Tally } from './tally.ts'
import type { Tier } from './tiers.ts'

/** Runs the files of a tier with Node's own runner: people read along on stdout, the tally counts. */
export async function runTier(tier: Tier, tally: Tally, signal: AbortSignal): Promise<void> {
  const files = tier.files
    .flatMap((pattern) => globSync(pattern, { cwd: ROOT }))
    .toSorted()
    .map((path) => resolve(ROOT, path))
  // A tier that has lost its files must not look like one that passed.
  if (files.length === 0) return tally.add(tier.name, 'failed', 'no test files found')
  const before = tally.ended
  for (const group of tier.oneByOne ? files.map((file) => [file]) : [files]) {
    if (signal.aborted) tally.add(tier.name, 'failed', 'ended before all files were run')
    else await runFiles(group, tier, tally, AbortSignal.any([signal, AbortSignal.timeout(tier.deadlineMs)]))
  }
  if (tally.ended === before) tally.add(tier.name, 'failed', 'no test was run')
}

async function runFiles(
  files: readonly string[],
  tier: Tier,
  tally: Tally,
  signal: AbortSignal,
): Promise<void> {
  const stream = run({
    files: [...files],
    cwd: ROOT,
    ...(tier.oneProcess
      ? { isolation: 'none' }
      : { concurrency: tier.oneByOne ? 1 : true, execArgv: ['--disable-warning=ExperimentalWarning'] }),
    timeout: tier.timeoutMs,
    signal,
  })
  stream.on('test:pass', (ended) => tally.testPassed(ended))
  stream.on('test:fail', (ended) => tally.testFailed(ended))
  const text = stream.compose(new spec())
  text.pipe(process.stdout, { end: false })
  await finished(text, { writable: false })
}
