import type { Container, EngineFacts } from '../container.ts'
import { cgroupPath } from '../process.ts'
import type { Process, ProcessTable } from '../process.ts'
import { composeOwner } from './compose-project.ts'
import { engineCalls, removesContainer, wordsOf } from './engine-calls.ts'
import { healers } from './healer.ts'
import { cronRuns, jobOwner } from './job.ts'
import type { Job } from './job.ts'
import { orchestrators } from './orchestrator.ts'
import type { Owner } from './owner.ts'
import { replacers } from './replacer.ts'
import { isUp, startsAtBoot } from './service-unit.ts'
import type { ServiceUnit } from './service-unit.ts'
import { START_TOLD, startOf } from './start-of.ts'
import { disarming } from './supervisor.ts'
import { waitingCall } from './waiter.ts'

export type OwnersInput = Readonly<{
  engine: Pick<EngineFacts, 'changesRestartPolicy'>
  containers: readonly Container[]
  units: readonly ServiceUnit[]
  jobs: readonly Job[]
  table: ProcessTable
}>

/** Who else starts, restarts or removes these containers. Reads units, jobs, processes and labels, and runs nothing. */
export function findOwners(
  { engine, containers, units, jobs, table }: OwnersInput,
  all = containers,
): readonly Owner[] {
  const cron = cronRuns(table)
  return containers.flatMap((container): Owner[] => {
    const owning = units.flatMap((unit) => unitOwner(unit, container, engine))
    const named = new Set(owning.map(({ name }) => name))
    // One that is disarmed, or will be, skips a job's start as any other.
    const startable = owning.filter((one) => one.disarming?.possible !== true).map(({ name }) => name)
    return [
      ...owning,
      ...jobs.flatMap((job) => jobOwner(job, container, cron, startable)),
      ...table.processes.flatMap((process) => watcher(process, container, table, named)),
      ...orchestrators(container),
      ...replacers(container, all),
      ...healers(container, { units, jobs, table }),
      ...composeOwner(container),
    ]
  })
}

function unitOwner(unit: ServiceUnit, container: Container, engine: OwnersInput['engine']): Owner[] {
  const labelled = container.labels['PODMAN_SYSTEMD_UNIT'] === unit.name
  const start = startOf(unit, container)
  const policed = !engine.changesRestartPolicy && unit.starts.some((line) => startsByPolicy(line, container))
  if (!labelled && start === undefined && !policed) return []
  const removes =
    isUp(unit) &&
    unit.stops.some((line) => engineCalls(wordsOf(line)).some((call) => removesContainer(call, container)))
  const why = [
    ...(isUp(unit) && !/^(no)?$/.test(unit.restart)
      ? [`starts it again when it ends (Restart=${unit.restart})`]
      : []),
    ...(startsAtBoot(unit) ? [`starts it at boot (${unit.fileState})`] : []),
    ...(unit.triggeredBy.length === 0 ? [] : [`is started by ${unit.triggeredBy.join(', ')}`]),
    ...(removes ? ['removes it when it ends (ExecStop=, ExecStopPost=)'] : []),
  ]
  const how =
    start === 'named'
      ? 'its ExecStart= names the container'
      : labelled
        ? 'the container’s label PODMAN_SYSTEMD_UNIT names it'
        : start === undefined
          ? `it starts every container with the policy "${container.restartPolicy}", which this Podman cannot take back`
          : START_TOLD[start]
  if (unit.disarmed === true) {
    return [
      {
        container: container.name,
        kind: 'unit',
        name: unit.name,
        effect: 'disarmed',
        evidence: `${unit.name} is kept from starting it (${unit.activeState})`,
        source: unit.source,
        disarming: disarming(unit, container),
      },
    ]
  }
  return [
    {
      container: container.name,
      kind: 'unit',
      name: unit.name,
      effect: why.length === 0 ? 'idle' : 'acts',
      evidence: `${unit.name} (${unit.activeState}) ${why.length === 0 ? 'neither restarts it nor is started by anything' : why.join(', and ')}; ${how}`,
      source: unit.source,
      ...(isUp(unit) ? endsOf(unit) : {}),
      disarming: disarming(unit, container),
    },
  ]
}

function endsOf({ endsHost = [], endsAfter }: ServiceUnit): Pick<Owner, 'ends'> {
  const ends = [...endsHost, ...(endsAfter === undefined ? [] : [`RuntimeMaxSec=${endsAfter}`])]
  return ends.length === 0 ? {} : { ends }
}

/** podman-restart.service: `podman start --all --filter restart-policy=always`. */
function startsByPolicy(line: string, { restartPolicy }: Container): boolean {
  return engineCalls(wordsOf(line)).some(
    ({ verb, words }) =>
      verb === 'start' &&
      words.includes('--all') &&
      words.some((word) => word.endsWith(`restart-policy=${restartPolicy}`)),
  )
}

/** A process that waits for the container: whatever supervises it starts the container again once it ends. */
function watcher(
  process: Process,
  container: Container,
  table: ProcessTable,
  units: ReadonlySet<string>,
): Owner[] {
  const call = waitingCall(process, container)
  if (call === undefined) return []
  const unit = unitOf(process)
  // Its unit has been told of already.
  if (unit !== undefined && units.has(unit)) return []
  const parent = table.processes.find(({ pid }) => pid === process.ppid)
  const whose = unit === undefined ? '' : ` of ${unit}`
  const below = parent === undefined ? '' : `, started by ${parent.name} (pid ${parent.pid})`
  return [
    {
      container: container.name,
      kind: 'watcher',
      name: `${call.program} ${call.verb} (pid ${process.pid})`,
      effect: 'acts',
      evidence: `"${call.program} ${call.verb}" (pid ${process.pid})${whose}${below} waits for the container to end`,
      source: '',
    },
  ]
}

/**
 * The service that systemd counts the process to. Scopes (a login, a container) restart nothing. A systemd with cgroup v2 may run in a
 * container of a machine that has v1 as well: the process is in the root of `name=systemd` then.
 */
function unitOf(process: Process): string | undefined {
  return ['name=systemd', '']
    .flatMap((hierarchy) => cgroupPath(process, hierarchy)?.split('/') ?? [])
    .findLast((part) => part.endsWith('.service'))
}
