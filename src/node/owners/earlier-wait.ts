import type { Container } from '../container.ts'
import { isWithin } from '../process.ts'
import type { ProcessTable } from '../process.ts'
import type { ServiceUnit } from './service-unit.ts'
import { waitsForContainer } from './waiter.ts'

/**
 * Whether the unit's main process waits for an earlier run of the container than the present one. Podman's conmon stays for as long as a
 * process that was started in its container lives, as guests do, and who is attached to it with it: `podman start -a` does not end with
 * the container. The present run then has another conmon, which the unit has not started.
 */
export function waitsForEarlier(
  { mainPid, controlGroup }: Pick<ServiceUnit, 'mainPid' | 'controlGroup'>,
  container: Pick<Container, 'id' | 'name' | 'pid'>,
  { processes }: Pick<ProcessTable, 'processes'>,
): boolean {
  const main = processes.find(({ pid }) => pid === mainPid)
  const first = processes.find(({ pid }) => pid === container.pid)
  const conmon = processes.find(({ pid }) => pid === first?.ppid)
  if (main === undefined || first === undefined || conmon === undefined) return false
  if (!/(^|\/)conmon$/.test(conmon.argv[0] ?? '') || !waitsForContainer(main, container)) return false
  const startedByUnit =
    controlGroup !== undefined && conmon.cgroups.some(({ path }) => isWithin(path, controlGroup))
  return !startedByUnit && main.startTicks < first.startTicks
}
