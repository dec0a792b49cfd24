import type { Container, EngineFacts, StopCause } from '../container.ts'
import { findKillSet } from './find-kill-set.ts'
import { findNamespaceKills } from './find-namespace-kills.ts'
import { findTerminalKills } from './find-terminal-kills.ts'
import { findUnitKills, unitsThatEnd, waitsIn } from './find-unit-kills.ts'
import type { Doomed, KillSet } from './kill-set.ts'
import { isUp } from '../owners/index.ts'
import type { ServiceUnit } from '../owners/index.ts'
import type { ProcessTable } from '../process.ts'

/**
 * The kill set of each of `stopping`. `units` are services of systemd that run containers, and may end with them, and the units that
 * systemd stops with those. What stops a pod stops its containers too, which are looked for among `containers`: the kill set
 * of a pod's sandbox is that of all of it. So is that of a container with whose unit systemd stops the unit of another one.
 */
export function findKillSets(
  stopping: readonly Container[],
  containers: readonly Container[],
  table: ProcessTable,
  engine: EngineFacts,
  cause: StopCause,
  units: readonly ServiceUnit[] = [],
): readonly KillSet[] {
  return stopping.map((container) => {
    const seen = new Map<string, readonly Pick<KillSet, 'doomed'>[]>()
    const visit = (part: Container, by: StopCause): void => {
      if (seen.has(part.id)) return
      const acts =
        by === 'engineStopped' && stopsWithEngine(part, table, engine, units) !== undefined ? 'stop' : by
      const ending = unitsThatEnd(part, table, engine, acts, units)
      seen.set(part.id, [
        findKillSet(part, table, engine, acts),
        { doomed: findUnitKills(part, table, ending) },
      ])
      const bound = ending.filter((one) => one.with === 'unit')
      for (const other of containers)
        if (bound.some(({ unit }) => waitsIn(unit, other, table))) visit(other, 'stop')
    }
    for (const part of partsThatStop(container, containers, cause)) visit(part, cause)
    const { doomed: signalled } = merged([...seen.values()].flat())
    const doomed = withEndedBy(signalled, table)
    return { containerId: container.id, containerName: container.name, cause, doomed }
  })
}

/** With those whom the kernel ends because others end, until nobody is added. */
function withEndedBy(doomed: readonly Doomed[], table: ProcessTable): readonly Doomed[] {
  const more = [...findTerminalKills(doomed, table), ...findNamespaceKills(doomed, table)]
  return more.length === 0 ? doomed : withEndedBy(merged([{ doomed }, { doomed: more }]).doomed, table)
}

const ENGINE_UNIT = /^(docker|containerd)\.(service|socket)$/

/**
 * The unit that waits for the container and that systemd stops with the engine's own (`Requires=docker.service`, as Kolla has it), if
 * there is one. It stops the container, by its ExecStop= or by the signal that its client passes on; live-restore does not
 * prevent that.
 */
export function stopsWithEngine(
  container: Container,
  table: ProcessTable,
  { hasShim }: Pick<EngineFacts, 'hasShim'>,
  units: readonly ServiceUnit[],
): ServiceUnit | undefined {
  if (!hasShim) return undefined
  return units.find(
    (unit) =>
      isUp(unit) &&
      unit.stoppedWith?.some((name) => ENGINE_UNIT.test(name)) === true &&
      waitsIn(unit, container, table),
  )
}

/**
 * StopPodSandbox and RemovePodSandbox stop each container of the pod first (containerd, sandbox_stop.go). All of a pod hang
 * on one shim (runtime/v2/runc/manager, the annotation io.kubernetes.cri.sandbox-id groups them): if it is killed,
 * containerd deletes each of them.
 */
function partsThatStop(
  container: Container,
  containers: readonly Container[],
  cause: StopCause,
): readonly Container[] {
  const { pod } = container
  const wholePod = pod?.part === 'sandbox' || cause === 'shimKilled' || cause === 'podRemoved'
  if (pod === undefined || !wholePod) return [container]
  const others = containers.filter((one) => one.pod?.id === pod.id && one.id !== container.id)
  return [container, ...others]
}

function merged(killSets: readonly Pick<KillSet, 'doomed'>[]): Readonly<{ doomed: readonly Doomed[] }> {
  const byPid = new Map<number, Doomed>()
  for (const one of killSets.flatMap(({ doomed }) => doomed)) {
    const known = byPid.get(one.pid)
    const mechanisms = [...new Set([...(known?.mechanisms ?? []), ...one.mechanisms])]
    byPid.set(one.pid, { ...(known ?? one), mechanisms })
  }
  return { doomed: [...byPid.values()].toSorted((a, b) => a.pid - b.pid) }
}
