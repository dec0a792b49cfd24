import type { Container } from '../container.ts'
import { cronRuns } from './job.ts'
import type { Job } from './job.ts'
import type { Owner } from './owner.ts'
import type { ProcessTable } from '../process.ts'
import { isUp, startsAtBoot } from './service-unit.ts'
import type { ServiceUnit } from './service-unit.ts'

/** `docker ps --filter health=unhealthy`, or the same asked of the engine's own interface (Autoheal's script). */
const UNHEALTHY = /health["\\\]:=[\s]*unhealthy/
const RESTARTS =
  /\b(docker|podman|nerdctl)\b[^\n]*\b(restart|stop|kill)\b|\/containers\/\S+?\/(restart|stop|kill)\b/

type Commands = Readonly<{ starts: readonly string[]; scripts: readonly string[] }>

/** Units and jobs that restart containers whose health check fails. Without a check nothing is unhealthy. */
export function healers(
  container: Container,
  {
    units,
    jobs,
    table,
  }: Readonly<{ units: readonly ServiceUnit[]; jobs: readonly Job[]; table: ProcessTable }>,
): readonly Owner[] {
  if (container.health === 'none') return []
  const owner = (name: string, evidence: string): Owner => ({
    container: container.name,
    kind: 'replacer',
    name,
    effect: 'acts',
    evidence: `${evidence} restarts containers that are unhealthy, and this one has a health check`,
    source: '',
  })
  const acting = units.filter((unit) => isUp(unit) || startsAtBoot(unit) || unit.triggeredBy.length > 0)
  return [
    ...acting.filter(heals).map(({ name }) => owner(name, name)),
    ...(cronRuns(table) ? jobs : [])
      .filter(heals)
      .map(({ source, schedule }) => owner(source, `a job of cron in ${source} (${schedule})`)),
  ]
}

function heals({ starts, scripts }: Commands): boolean {
  return [...starts, ...scripts].some((text) => UNHEALTHY.test(text) && RESTARTS.test(text))
}
