import type { CgroupLine } from './process.ts'

/**
 * The lines of /proc/PID/cgroup (cgroups(7)): `hierarchy:controllers:path`.
 * Only the first two colons divide: a path may hold colons of its own. A line that is none is left out.
 */
export function parseCgroupLines(text: string): readonly CgroupLine[] {
  const lines: CgroupLine[] = []
  for (const line of text.split('\n')) {
    const first = line.indexOf(':')
    const second = line.indexOf(':', first + 1)
    if (first < 1 || second < 0) continue
    const hierarchy = Number(line.slice(0, first))
    const path = line.slice(second + 1)
    if (!Number.isInteger(hierarchy) || !path.startsWith('/')) continue
    const controllers = line.slice(first + 1, second)
    lines.push({ hierarchy, controllers: controllers === '' ? [] : controllers.split(','), path })
  }
  return lines
}

/** The name by which reports speak of a hierarchy: its controllers, `v2` for cgroup v2. */
export function hierarchyName(line: Pick<CgroupLine, 'controllers'>): string {
  return line.controllers.length === 0 ? 'v2' : line.controllers.join(',')
}
