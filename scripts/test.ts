/**
 * Runs the checks and tests:
 *
 *     node scripts/test.ts                    all of them
 *     node scripts/test.ts unit crash         only these (types lint format unit architecture crash integration)
 *     node scripts/test.ts --minutes 50       what has not ended by then has failed; long files take turns by the day
 *     node scripts/test.ts --changed          only lint and format of the files that differ from the last commit, and
 *                                             the unit tests beside them
 *     node scripts/test.ts --remember unit    not the unit tests that passed before and are made of the same still
 *
 * Everything is run, also after a failure. Ends with every skipped test and its reason, every failed one, and exactly
 * one line `N passed, N failed, N skipped`. Exit code 1 where something failed, 2 where it was asked wrongly.
 */
import { join, matchesGlob } from 'node:path'
import { scriptArguments } from './script-arguments.ts'
import { ROOT } from './source/index.ts'
import { CACHE, CHECKS, TIERS, Tally, changedFiles, ownTests, runCheck, runTier } from './test/index.ts'
import type { Check, Outcome, Tier } from './test/index.ts'

const DAY_MS = 86_400_000

const { values, positionals } = scriptArguments({
  options: {
    minutes: { type: 'string' },
    changed: { type: 'boolean', default: false },
    remember: { type: 'boolean', default: false },
  },
  allowPositionals: true,
})
const known = [...CHECKS, ...TIERS].map(({ name }) => name)
const unknown = positionals.filter((name) => !known.includes(name))
const minutes = Number(values.minutes ?? Number.NaN)

if (unknown.length > 0 || (values.minutes !== undefined && !(minutes > 0))) {
  process.stderr.write(
    `usage: node scripts/test.ts [--changed] [--remember] [--minutes N] [${known.join('|')}]…\n`,
  )
  process.exitCode = 2
} else {
  process.exitCode = await main(new Set(positionals.length === 0 ? known : positionals))
}

async function main(wanted: ReadonlySet<string>): Promise<number> {
  const tally = new Tally(ROOT)
  // Types are stripped once: processes that come later read what Node made of the files.
  process.env['NODE_COMPILE_CACHE'] ??= join(ROOT, CACHE, 'compiled')
  const { signal, end } = deadline()
  const turn = values.minutes === undefined ? undefined : Math.floor(Date.now() / DAY_MS)
  // Checks and tests run beside each other, in processes of their own: they use both of two cores until the end.
  const { checks, tiers } = values.changed ? ofChangedFiles() : { checks: CHECKS, tiers: TIERS }
  await Promise.all([
    inTurn(checks, wanted, tally, signal, (check) => runCheck(check, tally, signal)),
    inTurn(tiers, wanted, tally, signal, (tier) => {
      process.stdout.write(`\n── ${tier.name}\n`)
      return runTier(tier, tally, signal, {
        remember: values.remember,
        ...(turn === undefined ? {} : { turn }),
      })
    }),
  ])
  end()
  tell('skipped', tally.skipped)
  tell('failed', tally.failed)
  process.stdout.write(`\n${tally.line()}\n`)
  return tally.failed.length === 0 ? 0 : 1
}

function ofChangedFiles(): Readonly<{ checks: readonly Check[]; tiers: readonly Tier[] }> {
  const files = changedFiles()
  const tests = ownTests(files)
  const sources = files.filter((path) => path.endsWith('.ts'))
  return {
    checks:
      sources.length === 0
        ? []
        : [
            { name: 'lint', argv: ['oxlint', '--deny-warnings', ...sources] },
            { name: 'format', argv: ['oxfmt', '--check', ...sources] },
          ],
    tiers: TIERS.filter(({ oneProcess }) => oneProcess)
      .map((tier) => ({
        ...tier,
        files: tests.filter((path) => tier.files.some((pattern) => matchesGlob(path, pattern))),
      }))
      .filter(({ files: own }) => own.length > 0),
  }
}

async function inTurn<T extends Readonly<{ name: string }>>(
  all: readonly T[],
  wanted: ReadonlySet<string>,
  tally: Tally,
  signal: AbortSignal,
  run: (one: T) => Promise<void>,
): Promise<void> {
  for (const one of all) {
    if (!wanted.has(one.name)) continue
    if (signal.aborted) tally.add(one.name, 'failed', `not begun within ${minutes} minutes`)
    else await run(one)
  }
}

function deadline(): Readonly<{ signal: AbortSignal; end: () => void }> {
  const controller = new AbortController()
  if (values.minutes === undefined) return { signal: controller.signal, end: () => undefined }
  // Tests that share this process end when nothing keeps it alive: a timer would.
  const timer = setTimeout(() => controller.abort(), minutes * 60_000).unref()
  return { signal: controller.signal, end: () => clearTimeout(timer) }
}

function tell(what: string, outcomes: readonly Outcome[]): void {
  if (outcomes.length > 0) process.stdout.write('\n')
  for (const { name, where, reason } of outcomes) {
    const place = where === '' ? '' : ` (${where})`
    process.stdout.write(
      `${what}: ${name}${place}${reason === '' ? '' : `: ${reason.replaceAll('\n', '\n    ')}`}\n`,
    )
  }
}
