/**
 * Tables of cron. Reference: crontab(5) of Vixie cron (Debian) and of cronie (Fedora, SUSE, Arch); anacrontab(5).
 * Not in scope: whether a time is valid, and when it comes next.
 */

export type TableLine = Readonly<{
  /** The times (`0 4 * * *`), or a name (`@reboot`). */
  schedule: string
  command: string
}>

/** `system` tables name the user before the command; anacron's have a period, a delay and a name. */
export type TableKind = 'user' | 'system' | 'anacron'

const FIELDS: Readonly<Record<TableKind, number>> = { user: 0, system: 1, anacron: 2 }

/** The commands of a table. Comments, settings (`PATH=…`) and lines that are none of the format are left out. */
export function parseTable(text: string, kind: TableKind): readonly TableLine[] {
  return text.split('\n').flatMap((line): TableLine[] => {
    if (/^\s*(#|$)/.test(line) || /^\s*["']?\w+["']?\s*=/.test(line)) return []
    // A "-" before the minute keeps the job out of the log (SUSE, cronie).
    const words = line
      .trim()
      .replace(/^-(?=[\d*])/, '')
      .split(/\s+/)
    const times = (words[0]?.startsWith('@') ?? false) || kind === 'anacron' ? 1 : 5
    const command = words.slice(times + FIELDS[kind])
    if (command.length === 0) return []
    return [{ schedule: words.slice(0, times).join(' '), command: command.join(' ') }]
  })
}
