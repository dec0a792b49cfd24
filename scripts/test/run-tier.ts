import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, matchesGlob, relative, resolve } from 'node:path'
import { PassThrough } from 'node:stream'
import type { Writable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { finished } from 'node:stream/promises'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { ROOT } from '../source/index.ts'
import { PassedBefore } from './passed-before.ts'
import type { Tally } from './tally.ts'
import { CACHE } from './tiers.ts'
import type { Tier } from './tiers.ts'

/**
 * Runs the files of a tier with Node's own runner: people read along on stdout, the tally counts. With `turn`, a number that goes
 * up each day, only those whose turn it is. With `remember`, not those that passed before and are made of the same still.
 */
export async function runTier(
  tier: Tier,
  tally: Tally,
  signal: AbortSignal,
  { turn, remember = false }: Readonly<{ turn?: number; remember?: boolean }> = {},
): Promise<void> {
  const others = turn === undefined ? [] : notInTurn(tier, turn)
  const all = tier.files
    .flatMap((pattern) => globSync(pattern, { cwd: ROOT }))
    .map((path) => resolve(ROOT, path))
    .filter((path) => !others.includes(path))
    .toSorted()
  // A tier that has lost its files must not look like one that passed.
  if (all.length === 0) return tally.add(tier.name, 'failed', 'no test files found')
  const store = join(ROOT, CACHE, `passed-${tier.name}.json`)
  const memory = remember && tier.remembered !== undefined ? new PassedBefore(store) : undefined
  const files = all.filter((file) => memory?.has(file) !== true)
  if (files.length < all.length) {
    const known = all.length - files.length
    process.stdout.write(`${known} of ${all.length} files passed and have not changed since: not run again\n`)
  }
  if (files.length === 0) return
  for (const path of others) tally.skip(relative(ROOT, path), 'it takes turns with others; npm test runs all')
  const before = { ended: tally.ended, failed: tally.failed.length, skipped: tally.skipped.length }
  const limit = (): AbortSignal => AbortSignal.any([signal, AbortSignal.timeout(tier.deadlineMs)])
  if (tier.lanes === undefined) await runFiles(files, tier, tally, limit(), process.stdout)
  else await runInLanes(inOrder(files, tier.longFiles ?? []), tier, tier.lanes, tally, signal, limit)
  if (tally.ended === before.ended) tally.add(tier.name, 'failed', 'no test was run')
  memory?.add(toRemember(files, tier, tally, before))
}

/** Those that passed whole, of a tier whose files may be remembered. */
function toRemember(
  files: readonly string[],
  { remembered = [] }: Tier,
  tally: Tally,
  before: Readonly<{ failed: number; skipped: number }>,
): readonly string[] {
  // Which file a failure belongs to is not known where files share what defines their tests.
  if (tally.failed.length > before.failed) return []
  const skipping = tally.skipped.slice(before.skipped).map((one) => resolve(ROOT, one.where))
  if (!skipping.every((file) => files.includes(file))) return []
  return files.filter(
    (file) =>
      !skipping.includes(file) && remembered.some((pattern) => matchesGlob(relative(ROOT, file), pattern)),
  )
}

/** Files of the alternatives whose turn is another day. */
function notInTurn({ turns = [] }: Tier, turn: number): readonly string[] {
  return turns.flatMap((alternatives) =>
    alternatives
      .filter((_, index) => index !== turn % alternatives.length)
      .flat()
      .map((path) => resolve(ROOT, path)),
  )
}

/** Each lane takes the next file that nobody has begun. A file's output is printed whole, once it has ended. */
async function runInLanes(
  files: readonly string[],
  tier: Tier,
  lanes: number,
  tally: Tally,
  signal: AbortSignal,
  limit: () => AbortSignal,
): Promise<void> {
  const rest = files.values()
  const lane = async (): Promise<void> => {
    for (const file of rest) {
      const name = relative(ROOT, file)
      if (signal.aborted) {
        tally.add(name, 'failed', 'the time was up before it began')
        continue
      }
      const startedAt = performance.now()
      const output = new PassThrough()
      const text = buffer(output)
      await runFiles([file], tier, tally, limit(), output)
      output.end()
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(0)
      process.stdout.write(`\n── ${name}: ${seconds} s\n${(await text).toString()}`)
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}

function inOrder(files: readonly string[], first: readonly string[]): readonly string[] {
  const ahead = first.map((path) => resolve(ROOT, path)).filter((path) => files.includes(path))
  return [...ahead, ...files.filter((file) => !ahead.includes(file))]
}

async function runFiles(
  files: readonly string[],
  tier: Tier,
  tally: Tally,
  signal: AbortSignal,
  output: Writable,
): Promise<void> {
  const { parts = 1 } = tier
  using shared = tier.oneProcess && parts > 1 ? inParts(files, parts) : undefined
  const stream = run({
    files: [...(shared?.files ?? files)],
    cwd: ROOT,
    ...runningOf(tier, shared?.files.length),
    signal,
  })
  stream.on('test:pass', (ended) => tally.testPassed(ended))
  stream.on('test:fail', (ended) => tally.testFailed(ended))
  const text = stream.compose(new spec())
  text.pipe(output, { end: false })
  await finished(text, { writable: false })
}

const QUIET = '--disable-warning=ExperimentalWarning'

function runningOf(tier: Tier, parts: number | undefined): NonNullable<Parameters<typeof run>[0]> {
  const { timeoutMs: timeout } = tier
  // The time of a single test: the runner would hold a whole part to it.
  if (parts !== undefined) return { concurrency: parts, execArgv: [QUIET, `--test-timeout=${timeout}`] }
  if (tier.oneProcess) return { isolation: 'none', timeout }
  return { concurrency: tier.lanes === undefined ? true : 1, execArgv: [QUIET], timeout }
}

/** Files that import the files of one part each, which are taken in turn: neighbours take much the same time. */
function inParts(
  files: readonly string[],
  parts: number,
): Readonly<{ files: readonly string[] } & Disposable> {
  const directory = mkdtempSync(join(tmpdir(), 'anneal-parts-'))
  const count = Math.min(parts, files.length)
  const entries = Array.from({ length: count }, (_, part) => {
    const own = files.filter((__, index) => index % count === part)
    const entry = join(directory, `part-${part + 1}.test.mjs`)
    writeFileSync(entry, own.map((file) => `import ${JSON.stringify(file)}\n`).join(''))
    return entry
  })
  return { files: entries, [Symbol.dispose]: () => rmSync(directory, { recursive: true }) }
}
