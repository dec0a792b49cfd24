import type { Container } from '../container.ts'
import type { ProcessTable } from '../process.ts'
import { wordsOf } from './engine-calls.ts'
import type { Owner } from './owner.ts'
import { START_TOLD, startOf } from './start-of.ts'
import type { Commands } from './start-of.ts'

/** A command that cron runs at boot or again and again. Nobody is shown its text: it may hold a secret. */
export type Job = Commands &
  Readonly<{
    /** The file that has it: a table, or a script of a folder such as /etc/cron.hourly. */
    source: string
    /** As the table says it (`0 4 * * *`, `@reboot`), or the folder. */
    schedule: string
  }>

/** Programs that read the tables of cron(8). */
const CRON = /^(cron|crond|anacron|fcron|bcron-start|dcron)$/

/** Whether a cron runs: without one the tables do nothing. systemd-cron has no process, but units of its own. */
export function cronRuns({ processes }: Pick<ProcessTable, 'processes'>): boolean {
  return processes.some(({ name, argv }) => CRON.test(name) || (name === 'busybox' && argv[1] === 'crond'))
}

/** Whether the job starts a unit: `systemctl restart UNIT`, `service UNIT start`. */
function startsUnit({ starts, scripts }: Job, unit: string): boolean {
  const names = new Set([unit, unit.replace(/\.service$/, '')])
  return [...starts, ...scripts].some((text) =>
    text.split('\n').some((line) => {
      const words = wordsOf(line)
      return (
        words.some((word) => /(^|\/)(systemctl|service|invoke-rc\.d)$/.test(word)) &&
        words.some((word) => /^(start|restart|reload-or-restart)$/.test(word)) &&
        words.some((word) => names.has(word))
      )
    }),
  )
}

/** The job as somebody who starts the container, if it would, by itself or by a unit of `units`. */
export function jobOwner(
  job: Job,
  container: Container,
  cron: boolean,
  units: readonly string[] = [],
): Owner[] {
  const start = startOf(job, container)
  const unit = units.find((name) => startsUnit(job, name))
  if (start === undefined && unit === undefined) return []
  const how = start === undefined ? `it starts ${unit}` : START_TOLD[start]
  const { source, schedule } = job
  return [
    {
      container: container.name,
      kind: 'job',
      name: source,
      effect: cron ? 'acts' : 'idle',
      evidence: `a job of cron in ${source} (${schedule}) starts it${cron ? '' : ', but no cron runs'}; ${how}`,
      source,
    },
  ]
}
