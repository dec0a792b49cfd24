import type { Container, EngineFacts, StopCause } from '../container.ts'
import { isUp, waitsForContainer } from '../owners/index.ts'
import type { ServiceUnit } from '../owners/index.ts'
import { isWithin } from '../process.ts'
import type { Process, ProcessTable } from '../process.ts'
import type { Doomed } from './kill-set.ts'

/**
 * A unit of systemd ends once its main process has: here with its container, whose end that process waits for (`docker start -a`,
 * conmon). systemd then signals whoever is left in the unit's cgroup (systemd.kill(5), `KillMode=control-group`, the
 * default, and `mixed`): what ExecStartPost= has started, and what moved there.
 */
export function unitsThatEnd(
  container: Container,
  table: ProcessTable,
  engine: Pick<EngineFacts, 'hasShim'>,
  cause: StopCause,
  units: readonly ServiceUnit[],
): readonly ServiceUnit[] {
  // Who waits for a container does so at its engine's daemon, where it has one, and ends with that, too.
  if (container.pid === 0 || (cause === 'engineStopped' && !engine.hasShim)) return []
  return units.filter((unit) => {
    if (!isUp(unit) || !/^(control-group|mixed)$/.test(unit.killMode ?? '')) return false
    return table.processes.some(
      (process) =>
        (process.pid === unit.mainPid || placeIn(process, unit) !== undefined) &&
        endsWith(process, container),
    )
  })
}

/** Those that the end of such a unit kills. Who ends with the container by itself is none of them. */
export function findUnitKills(
  container: Container,
  table: ProcessTable,
  units: readonly ServiceUnit[],
): readonly Doomed[] {
  return units.flatMap((unit) =>
    table.processes.flatMap((process): Doomed[] => {
      const evidence = placeIn(process, unit)
      if (evidence === undefined || endsWith(process, container)) return []
      const { pid, startTicks, name } = process
      return [{ pid, startTicks, name, mechanisms: ['unitCgroup'], evidence }]
    }),
  )
}

function endsWith(process: Process, container: Container): boolean {
  return (
    process.pid === container.pid || isConmon(process, container) || waitsForContainer(process, container)
  )
}

/** conmon(8): `-c` and the container's whole id. */
function isConmon({ argv }: Process, { id }: Container): boolean {
  return /(^|\/)conmon$/.test(argv[0] ?? '') && argv.includes(id)
}

/** The cgroup by which systemd counts the process to the unit: in `name=systemd`, in v2, or in both on a hybrid host. */
function placeIn({ cgroups }: Process, { controlGroup }: ServiceUnit): string | undefined {
  if (controlGroup === undefined) return undefined
  const line = cgroups.find(
    ({ hierarchy, controllers, path }) =>
      (hierarchy === 0 || controllers.includes('name=systemd')) && isWithin(path, controlGroup),
  )
  return line === undefined ? undefined : `${line.controllers.join(',') || 'cgroup2'}:${line.path}`
}
