import type { Container, EngineFacts, StopCause } from '../container.ts'
import { isUp, waitsForContainer } from '../owners/index.ts'
import type { ServiceUnit } from '../owners/index.ts'
import { groupsOfThreads, isWithin } from '../process.ts'
import type { Process, ProcessTable } from '../process.ts'
import type { Doomed } from './kill-set.ts'

/** `container`: it ends with the container that it waits for. `unit`: systemd stops or restarts it with a unit that ends. */
export type EndingUnit = Readonly<{ unit: ServiceUnit; with: 'container' | 'unit' }>

/**
 * A unit of systemd ends once its main process has: here with its container, whose end that process waits for (`docker start -a`,
 * conmon). systemd then stops the units that are bound to it, restarts with it those that require it or are a part of it
 * (`Restart=`), and with each of these whatever hangs on that. One that is there only as long as it is needed (`StopWhenUnneeded=`) it
 * stops once nobody that is up needs it (systemd.unit(5)).
 */
export function unitsThatEnd(
  container: Container,
  table: ProcessTable,
  engine: Pick<EngineFacts, 'hasShim'>,
  cause: StopCause,
  units: readonly ServiceUnit[],
): readonly EndingUnit[] {
  // Who waits for a container does so at its engine's daemon, where it has one, and ends with that, too.
  if (container.pid === 0 || (cause === 'engineStopped' && !engine.hasShim)) return []
  const up = units.filter(isUp)
  const found = new Map<string, EndingUnit>(
    up
      .filter((unit) => waitsIn(unit, container, table))
      .map((unit) => [unit.name, { unit, with: 'container' }]),
  )
  // They end, and do not come back.
  const gone = new Set(
    [...found.values()].filter(({ unit }) => unit.restart !== 'always').map(({ unit }) => unit.name),
  )
  // What is added meanwhile is visited, too.
  for (const { unit, with: by } of found.values()) {
    const restarts = by === 'unit' || !/^(no)?$/.test(unit.restart)
    const [stopped, restarted] = [new Set(unit.stopsWithIt), new Set(restarts ? unit.restartsWithIt : [])]
    for (const one of up) {
      if (found.has(one.name)) continue
      const ends = stopped.has(one.name) || isUnneeded(one, up, gone)
      if (ends) gone.add(one.name)
      if (ends || restarted.has(one.name)) found.set(one.name, { unit: one, with: 'unit' })
    }
  }
  return [...found.values()]
}

/** Who needs it and was not asked about counts as down: then it ends. */
function isUnneeded(unit: ServiceUnit, up: readonly ServiceUnit[], gone: ReadonlySet<string>): boolean {
  const { stopsUnneeded, neededBy = [] } = unit
  return (
    stopsUnneeded === true &&
    neededBy.some((name) => gone.has(name)) &&
    !up.some(({ name }) => neededBy.includes(name) && !gone.has(name))
  )
}

/** Whether somebody of the unit ends with the container, so that the container ends with the unit, too. */
export function waitsIn(unit: ServiceUnit, container: Container, table: ProcessTable): boolean {
  return (
    container.pid !== 0 &&
    endingWith(container, table).some(
      (process) => process.pid === unit.mainPid || placeIn(process, unit) !== undefined,
    )
  )
}

/** Each unit asks for each container, and these are few among all processes of a node. */
const known = new WeakMap<ProcessTable, WeakMap<Container, readonly Process[]>>()

function endingWith(container: Container, table: ProcessTable): readonly Process[] {
  const byContainer = known.get(table) ?? new WeakMap<Container, readonly Process[]>()
  known.set(table, byContainer)
  const before = byContainer.get(container)
  if (before !== undefined) return before
  const found = table.processes.filter((process) => endsWith(process, container))
  byContainer.set(container, found)
  return found
}

/**
 * Those that the end of such units kills. systemd signals whoever is left in a unit's cgroup (systemd.kill(5), `KillMode=control-group`,
 * the default, and `mixed`): what ExecStartPost= has started, and what moved there. Of a unit that it stops itself also the main
 * process, whatever the mode. Who ends with the container by itself is none of them.
 */
export function findUnitKills(
  container: Container,
  table: ProcessTable,
  ending: readonly EndingUnit[],
): readonly Doomed[] {
  return ending.flatMap(({ unit, with: by }) =>
    table.processes.flatMap((process): Doomed[] => {
      const isMain = by === 'unit' && process.pid === unit.mainPid
      // A slice has no mode: it takes the units in it along.
      const whole = /^(control-group|mixed)$/.test(unit.killMode ?? (by === 'unit' ? 'mixed' : ''))
      const place = placeIn(process, unit)
      if ((!whole && !isMain) || (place === undefined && !isMain) || endsWith(process, container)) return []
      const { pid, startTicks, name } = process
      const evidence = by === 'unit' ? `${unit.name}: ${place ?? 'main process'}` : (place ?? '')
      // A main process is signalled wherever it is.
      return [
        {
          pid,
          startTicks,
          name,
          mechanisms: isMain ? ['unitCgroup', 'mainProcess'] : ['unitCgroup'],
          evidence,
        },
      ]
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
function placeIn(process: Process, { controlGroup }: ServiceUnit): string | undefined {
  if (controlGroup === undefined || controlGroup === '/') return undefined
  const line = groupsOfThreads(process).find(
    ({ hierarchy, controllers, path }) =>
      (hierarchy === 0 || controllers.includes('name=systemd')) && isWithin(path, controlGroup),
  )
  return line === undefined ? undefined : `${line.controllers.join(',') || 'cgroup2'}:${line.path}`
}
