/** A program that looks at the whole project; its exit code is the answer. Counts as one test. */
export type Check = Readonly<{ name: string; argv: readonly string[] }>

/** A set of test files that are run alike. What the words mean is in test/README.md. */
export type Tier = Readonly<{
  name: string
  files: readonly string[]
  /**
   * How many files run at a time, each in a process and with an output of its own; absent where Node's runner decides.
   * Real engines mostly wait, so two of them share two cores.
   */
  lanes?: number
  /** Files that take longest, longest first: they begin first, so that no lane ends long after the others. */
  longFiles?: readonly string[]
  /**
   * Groups of alternatives, each a list of files. Where time is short (`--minutes`) one alternative of each group runs, another one
   * each day; the files of the others are listed as skipped.
   */
  turns?: readonly (readonly (readonly string[])[])[]
  /** Files that change nothing outside of themselves share a process: starting one for each costs most of the time. */
  oneProcess: boolean
  /** Files that read nothing but what they name and the project's other files: what passed before need not run again. */
  remembered?: readonly string[]
  /** So many processes share the files, where they share one; absent: this one. */
  parts?: number
  /** A single test that takes longer has failed. */
  timeoutMs: number
  /** What has not ended after this is ended: each file where there are lanes, else all of them together. */
  deadlineMs: number
}>

const MINUTE_MS = 60_000

/** Of what can be made again. */
export const CACHE = 'node_modules/.cache/anneal'

export const CHECKS: readonly Check[] = [
  // What it knows of files that have not changed since the last time is kept there, by their content.
  { name: 'types', argv: ['tsc', '--noEmit', '--incremental', '--tsBuildInfoFile', `${CACHE}/types`] },
  { name: 'lint', argv: ['oxlint', '--type-aware', '--deny-warnings'] },
  { name: 'format', argv: ['oxfmt', '--check', '.'] },
]

/** Some of the longest, by the seconds that `npm test` prints. One that is missing here is only started later. */
const LONG_FILES = integration(
  'metal/conductor',
  'node/rescue-machined',
  'node/rescue-plain',
  'node/upgrade-docker',
  'node/upgrade-podman',
  'node/crash-real',
  'openstack/image-push',
  'node/owners',
)

/**
 * Alternatives stand for much the same: the same acts on the other engine, on another kind of host, with the other deploy ramdisk,
 * other ends of them, or other surprises of a node. With two and three alternatives each file runs on a day within six.
 */
const TURNS = [
  [integration('node/upgrade-docker'), integration('node/upgrade-podman')],
  [integration('node/rescue-machined'), integration('node/rescue-systemd'), integration('node/rescue-plain')],
  [integration('node/crash-real'), integration('node/cgroup-v2', 'node/guest-endings')],
  [integration('node/owners'), integration('node/renamed-emulator')],
  [integration('node/bad-input'), integration('node/libvirt-entry-point', 'node/unnoticed-end')],
  [integration('metal/conductor'), integration('metal/agent', 'metal/power-sync')],
  [
    integration('openstack/metal'),
    integration('openstack/metal-interrupted', 'openstack/kernel-arguments'),
    integration('openstack/refusals', 'openstack/image-push'),
  ],
]

function integration(...names: readonly string[]): readonly string[] {
  return names.map((name) => `test/integration/${name}.test.ts`)
}

export const TIERS: readonly Tier[] = [
  {
    name: 'unit',
    files: ['src/**/*.test.ts', 'lab/**/*.test.ts', 'scripts/**/*.test.ts'],
    remembered: ['src/**/*.test.ts', 'lab/**/*.test.ts'],
    oneProcess: true,
    parts: 2,
    timeoutMs: 5 * MINUTE_MS,
    deadlineMs: 30 * MINUTE_MS,
  },
  {
    name: 'architecture',
    files: ['test/architecture/**/*.test.ts'],
    // The others read whatever is below a folder.
    remembered: ['documents', 'dry-run', 'flags', 'front-end', 'help', 'launcher', 'runner'].map(
      (name) => `test/architecture/${name}.test.ts`,
    ),
    oneProcess: true,
    parts: 2,
    timeoutMs: 5 * MINUTE_MS,
    deadlineMs: 30 * MINUTE_MS,
  },
  {
    name: 'crash',
    files: ['test/crash/**/*.test.ts'],
    oneProcess: false,
    timeoutMs: 10 * MINUTE_MS,
    deadlineMs: 15 * MINUTE_MS,
  },
  {
    name: 'integration',
    files: ['test/integration/**/*.test.ts'],
    lanes: 2,
    longFiles: LONG_FILES,
    turns: TURNS,
    oneProcess: false,
    timeoutMs: 20 * MINUTE_MS,
    deadlineMs: 60 * MINUTE_MS,
  },
]
