/** A program that looks at the whole project; its exit code is the answer. Counts as one test. */
export type Check = Readonly<{ name: string; argv: readonly string[] }>

/** A set of test files that are run alike. What the words mean is in test/README.md. */
export type Tier = Readonly<{
  name: string
  files: readonly string[]
  /** Real engines share the machine: their tests run one after another. */
  oneByOne: boolean
  /** Files that change nothing outside of themselves share one process: starting one for each costs most of the time. */
  oneProcess: boolean
  /** A single test that takes longer has failed. */
  timeoutMs: number
  /** What has not ended after this is ended: each file where they run one by one, else all of them together. */
  deadlineMs: number
}>

const MINUTE_MS = 60_000

export const CHECKS: readonly Check[] = [
  { name: 'types', argv: ['tsc', '--noEmit'] },
  { name: 'lint', argv: ['oxlint', '--type-aware', '--deny-warnings'] },
  { name: 'format', argv: ['oxfmt', '--check', '.'] },
  { name: 'docs', argv: ['node', 'scripts/docs.ts', '--check'] },
]

export const TIERS: readonly Tier[] = [
  {
    name: 'unit',
    files: ['src/**/*.test.ts', 'lab/**/*.test.ts', 'scripts/**/*.test.ts'],
    oneByOne: false,
    oneProcess: true,
    timeoutMs: MINUTE_MS,
    deadlineMs: 10 * MINUTE_MS,
  },
  {
    name: 'architecture',
    files: ['test/architecture/**/*.test.ts'],
    oneByOne: false,
    oneProcess: false,
    timeoutMs: MINUTE_MS,
    deadlineMs: 10 * MINUTE_MS,
  },
  {
    name: 'crash',
    files: ['test/crash/**/*.test.ts'],
    oneByOne: false,
    oneProcess: false,
    timeoutMs: 10 * MINUTE_MS,
    deadlineMs: 15 * MINUTE_MS,
  },
  {
    name: 'integration',
    files: ['test/integration/**/*.test.ts'],
    oneByOne: true,
    oneProcess: false,
    timeoutMs: 20 * MINUTE_MS,
    deadlineMs: 30 * MINUTE_MS,
  },
]
