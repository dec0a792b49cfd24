import { accessSync, constants, existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Job } from '../../node/index.ts'
import type { JobReader } from '../../ports/index.ts'
import { mentionsEngine, readScript, scriptsIn, startsUnits } from '../host-scripts/index.ts'
import { parseTable } from './parse-table.ts'
import type { TableKind } from './parse-table.ts'

/** Single tables, and folders of them: of Debian, of Fedora, of SUSE and of Alpine. */
const TABLES: readonly Readonly<{ path: string; kind: TableKind }>[] = [
  { path: 'etc/crontab', kind: 'system' },
  { path: 'etc/anacrontab', kind: 'anacron' },
  { path: 'etc/cron.d', kind: 'system' },
  { path: 'var/spool/cron/crontabs', kind: 'user' },
  { path: 'var/spool/cron/tabs', kind: 'user' },
  { path: 'var/spool/cron', kind: 'user' },
  { path: 'etc/crontabs', kind: 'user' },
]

/** Folders whose programs run-parts(8) starts. */
const FOLDERS = [
  'etc/cron.hourly',
  'etc/cron.daily',
  'etc/cron.weekly',
  'etc/cron.monthly',
  'etc/periodic/15min',
  'etc/periodic/hourly',
  'etc/periodic/daily',
  'etc/periodic/weekly',
  'etc/periodic/monthly',
]

/** Reads the tables of cron and the folders of run-parts; `root` is where the host's files are. Runs nothing. */
export function cronJobReader({ root = '/' }: Readonly<{ root?: string }> = {}): JobReader {
  return {
    async jobs() {
      // Debian's cron and run-parts leave out names with a dot; others leave out what editors and packages leave behind.
      const strict = existsSync(join(root, 'etc/debian_version'))
      const strictTables =
        strict && !/^\s*EXTRA_OPTS=.*-\w*l/m.test(read(join(root, 'etc/default/cron')) ?? '')
      return [...tableJobs(root, strictTables), ...folderJobs(root, strict)].filter(({ starts, scripts }) =>
        [...starts, ...scripts].some((text) => mentionsEngine(text) || startsUnits(text)),
      )
    },
  }
}

function tableJobs(root: string, strict: boolean): readonly Job[] {
  return TABLES.flatMap(({ path, kind }) => {
    const checked = path === 'etc/cron.d' && strict
    return files(root, path, checked).flatMap((source) => {
      const lines = parseTable(read(join(root, source)) ?? '', kind)
      return lines.map(({ schedule, command, path: programs }) => ({
        source,
        schedule,
        starts: [command],
        scripts: scriptsIn([command], { root, path: programs, known: FOLDERS }),
      }))
    })
  })
}

function folderJobs(root: string, strict: boolean): readonly Job[] {
  return FOLDERS.flatMap((folder) =>
    files(root, folder, strict).flatMap((source): Job[] => {
      const script = isExecutable(join(root, source)) ? readScript(join(root, source)) : undefined
      return script === undefined
        ? []
        : [
            {
              source,
              schedule: basename(folder),
              starts: [],
              scripts: [script, ...scriptsIn([script], { root })],
            },
          ]
    }),
  )
}

/** The file itself, or the files of the folder, as absolute paths on the host. */
function files(root: string, path: string, strict: boolean): readonly string[] {
  const at = join(root, path)
  try {
    if (statSync(at).isFile()) return [`/${path}`]
    return readdirSync(at, { withFileTypes: true })
      .filter((entry) => !entry.isDirectory() && counts(entry.name, strict))
      .map(({ name }) => `/${path}/${name}`)
  } catch {
    return []
  }
}

function counts(name: string, strict: boolean): boolean {
  return strict ? /^[\w-]+$/.test(name) : !/^[.#]|~$|\.rpm(save|orig|new)$/.test(name)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function read(path: string): string | undefined {
  try {
    return statSync(path).isFile() ? readFileSync(path, 'utf8') : undefined
  } catch {
    return undefined
  }
}
