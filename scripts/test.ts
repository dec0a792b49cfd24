/**
 * Runs the checks and tests:
 *
 *     node scripts/test.ts                    all of them
 *     node scripts/test.ts unit crash         only these (types lint format docs unit architecture crash integration)
 *     node scripts/test.ts --minutes 50       what has not ended by then has failed
 *
 * Everything is run, also after a failure. Ends with every skipped test and its reason, every failed one, and exactly
 * one line `N passed, N failed, N skipped`. Exit code 1 where something failed, 2 where it was asked wrongly.
 */
import { parseArgs } from 'node:util'
import { ROOT } from './source/index.ts'
import { CHECKS, TIERS, Tally, runCheck, runTier } from './test/index.ts'
import type { Outcome } from './test/index.ts'

const { values, positionals } = parseArgs({
  options: { minutes: { type: 'string' } },
  allowPositionals: true,
})
const known = [...CHECKS, ...TIERS].map(({ name }) => name)
const unknown = positionals.filter((name) => !known.includes(name))
const minutes = Number(values.minutes ?? Number.NaN)

if (unknown.length > 0 || (values.minutes !== undefined && !(minutes > 0))) {
  process.stderr.write(`usage: node scripts/test.ts [--minutes N] [${known.join('|')}]…\n`)
  process.exitCode = 2
} else {
  process.exitCode = await main(new Set(positionals.length === 0 ? known : positionals))
}

async function main(wanted: ReadonlySet<string>): Promise<number> {
  const tally = new Tally(ROOT)
  const { signal, end } = deadline()
  for (const { name, run } of [
    ...CHECKS.map((check) => ({ name: check.name, run: () => runCheck(check, tally, signal) })),
    ...TIERS.map((tier) => ({ name: tier.name, run: () => runTier(tier, tally, signal) })),
  ]) {
    if (!wanted.has(name)) continue
    process.stdout.write(`\n── ${name}\n`)
    if (signal.aborted) tally.add(name, 'failed', `not begun within ${minutes} minutes`)
    else await run()
  }
  end()
  tell('skipped', tally.skipped)
  tell('failed', tally.failed)
  process.stdout.write(`\n${tally.line()}\n`)
  return tally.failed.length === 0 ? 0 : 1
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
    process.stdout.write(`${what}: ${name}${place}${reason === '' ? '' : `: ${reason}`}\n`)
  }
}
