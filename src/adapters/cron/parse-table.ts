/**
 * Tables of cron. Reference: crontab(5) of Vixie cron (Debian) and of cronie (Fedora, SUSE, Arch); anacrontab(5).
 * Not in scope: whether a time is valid, and when it comes next.
 */

export type TableLine = Readonly<{
  /** The times (`0 4 * * *`), or a name (`@reboot`). */
  schedule: string
  /** With the settings of the table put in: the shell finds them in its environment. */
  command: string
  /** Where the shell looks for programs, as the table sets it. */
  path: readonly string[]
}>

/** `system` tables name the user before the command; anacron's have a period, a delay and a name. */
export type TableKind = 'user' | 'system' | 'anacron'

const FIELDS: Readonly<Record<TableKind, number>> = { user: 0, system: 1, anacron: 2 }

/** cron's own PATH (Debian's cron(8), cronie's crontab(5)), and where administrators put scripts. */
const PATH = ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/usr/local/bin', '/usr/local/sbin']

/** The commands of a table. Comments and lines that are none of the format are left out. */
export function parseTable(text: string, kind: TableKind): readonly TableLine[] {
  const settings = new Map<string, string>()
  return text.split('\n').flatMap((line): TableLine[] => {
    if (/^\s*(#|$)/.test(line)) return []
    const [, name, value = ''] = /^\s*["']?(\w+)["']?\s*=\s*(.*?)\s*$/.exec(line) ?? []
    if (name !== undefined) {
      settings.set(name, value.replace(/^(["'])(.*)\1$/, '$2'))
      return []
    }
    // A "-" before the minute keeps the job out of the log (SUSE, cronie).
    const words = line
      .trim()
      .replace(/^-(?=[\d*])/, '')
      .split(/\s+/)
    const times = (words[0]?.startsWith('@') ?? false) || kind === 'anacron' ? 1 : 5
    const command = words.slice(times + FIELDS[kind])
    if (command.length === 0) return []
    return [
      {
        schedule: words.slice(0, times).join(' '),
        command: expand(lines(command.join(' ')), settings),
        path: settings.get('PATH')?.split(':') ?? PATH,
      },
    ]
  })
}

/** `%` ends a line, and what follows the first one is the standard input; `\%` is a `%`. */
function lines(command: string): string {
  return command.replaceAll(/\\%|%/g, (found) => (found === '%' ? '\n' : '%'))
}

function expand(command: string, settings: ReadonlyMap<string, string>): string {
  return command.replaceAll(
    /\$\{(\w+)\}|\$(\w+)/g,
    (whole, braced?: string, bare?: string) => settings.get(braced ?? bare ?? '') ?? whole,
  )
}
