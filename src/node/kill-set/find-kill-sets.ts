import type { Container, EngineFacts, StopCause } from '../container.ts'
import { findKillSet } from './find-kill-set.ts'
import { findUnitKills, unitsThatEnd } from './find-unit-kills.ts'
import type { Doomed, KillSet } from './kill-set.ts'
import type { ServiceUnit } from '../owners/index.ts'
import type { ProcessTable } from '../process.ts'

/**
 * The kill set of each of `stopping`. `units` are services of systemd that run containers, and may end with them. What stops a pod
 * stops its containers too, which are looked for among `containers`: the kill set of a pod's sandbox is that of all of it.
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
    const { doomed } = merged(
      partsThatStop(container, containers, cause).flatMap((part) => [
        findKillSet(part, table, engine, cause),
        { doomed: findUnitKills(part, table, unitsThatEnd(part, table, engine, cause, units)) },
      ]),
    )
    return { containerId: container.id, containerName: container.name, cause, doomed }
  })
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
