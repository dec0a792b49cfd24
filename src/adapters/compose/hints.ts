import type { Path } from '../../node/release/index.ts'

/** Keys of the first Compose files and of `docker run` that Compose calls otherwise today. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  cap: 'cap_add',
  cgroupns: 'cgroup',
  cgroupns_mode: 'cgroup',
  cmd: 'command',
  dockerfile: 'build.dockerfile',
  env: 'environment',
  ipc_mode: 'ipc',
  log_driver: 'logging.driver',
  log_opt: 'logging.options',
  memory: 'mem_limit',
  mem: 'mem_limit',
  net: 'network_mode',
  network: 'network_mode',
  pid_mode: 'pid',
  restart_policy: 'restart',
  stop_timeout: 'stop_grace_period',
  uts_mode: 'uts',
  volume: 'volumes',
  workdir: 'working_dir',
}

/** Who reads the file: an import is not told to import. */
export type Asker = 'release' | 'import'

/** What to do about a key that the schema does not know. */
export function hintFor(key: string, path: Path, schema: unknown, asker: Asker): string {
  const known = Object.keys((schema as { properties?: object } | undefined)?.properties ?? {})
  const isService = path.length === 2 && path[0] === 'services'
  const otherName = isService ? OTHER_NAMES[key] : undefined
  const orImport = (text: string): string => (asker === 'import' ? '' : text)
  if (otherName !== undefined)
    return `write ${otherName}${orImport('; `anneal node import` converts old files')}`
  const nearest = known
    .map((name) => ({ name, steps: distance(key, name) }))
    .toSorted((a, b) => a.steps - b.steps)
    .find(({ name, steps }) => steps <= Math.max(1, Math.floor(name.length / 3)))
  if (nearest !== undefined) return `did you mean "${nearest.name}"?`
  if (known.length === 0) return 'names may hold letters, digits, dots, dashes and underscores'
  return path.length === 0
    ? `remove it, begin it with x-, or, if it is a service, put it under services${orImport(' (`anneal node import` converts a fig.yml)')}`
    : 'remove it, or begin it with x-'
}

/** Levenshtein's distance: how many letters must change. Keys are short; longer ones are not compared. */
function distance(a: string, b: string): number {
  if (a.length > 40 || b.length > 40) return Number.POSITIVE_INFINITY
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, change))
    }
    row = next
  }
  return row[b.length] ?? 0
}
