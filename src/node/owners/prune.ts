import { LABELS } from '../release/index.ts'
import type { ProcessTable } from '../process.ts'
import { engineCalls, filtersOf, wordsOf } from './engine-calls.ts'
import type { EngineCall } from './engine-calls.ts'
import { cronRuns } from './job.ts'
import type { Job } from './job.ts'
import { isUp, startsAtBoot } from './service-unit.ts'
import type { ServiceUnit } from './service-unit.ts'
import type { Commands } from './start-of.ts'

/** Somebody who removes stopped containers, again and again. */
export type Pruner = Readonly<{ name: string; evidence: string }>

/** Units and jobs of cron that remove what Anneal keeps stopped for the way back. */
export function findPruners({
  units,
  jobs,
  table,
}: Readonly<{
  units: readonly ServiceUnit[]
  jobs: readonly Job[]
  table: Pick<ProcessTable, 'processes'>
}>): readonly Pruner[] {
  const told = (command: string): string => `it calls \`${command}\`, which removes stopped containers`
  const fromUnits = units.flatMap((unit): Pruner[] => {
    const command = pruning(unit)
    if (command === undefined || !isStarted(unit)) return []
    const by = unit.triggeredBy.length === 0 ? '' : ` (started by ${unit.triggeredBy.join(', ')})`
    return [{ name: unit.name, evidence: `${told(command)}${by}` }]
  })
  if (!cronRuns(table)) return fromUnits
  return [
    ...fromUnits,
    ...jobs.flatMap((job): Pruner[] => {
      const command = pruning(job)
      return command === undefined
        ? []
        : [{ name: job.source, evidence: `cron runs it (${job.schedule}); ${told(command)}` }]
    }),
  ]
}

function isStarted(unit: ServiceUnit): boolean {
  return unit.triggeredBy.length > 0 || startsAtBoot(unit) || isUp(unit)
}

/** `docker system prune`, `docker container prune`: the call that would remove Anneal's stopped containers, in words. */
function pruning({ starts, scripts }: Commands): string | undefined {
  const calls = [...starts, ...scripts].flatMap((text) => engineCalls(wordsOf(text)))
  const call = calls.find((one) => removesStopped(one) && !spares(one))
  if (call === undefined) return undefined
  return `${call.program} ${call.verb === 'system' ? 'system prune' : 'container prune'}`
}

/** `container prune` comes as `prune`: what may stand before a verb is no part of it. Images have a prune of their own. */
function removesStopped({ verb, words }: EngineCall): boolean {
  return verb === 'prune' || (verb === 'system' && words[0] === 'prune')
}

/** `--filter label!=io.anneal.project` leaves the containers of Anneal in; `label=…` takes only those that have another one. */
function spares(call: EngineCall): boolean {
  const filter = filtersOf(call).find(({ key }) => key === 'label')
  if (filter === undefined) return false
  const [label = ''] = filter.value.split('=')
  return filter.isNegated
    ? label === LABELS.project || label === LABELS.release
    : !label.startsWith('io.anneal.')
}
