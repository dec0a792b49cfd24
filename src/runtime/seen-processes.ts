import type { Container, ProcessTable } from '../node/index.ts'
import type { NodeWorld } from '../ports/index.ts'
import { raise } from './errors.ts'

/**
 * Throws PROCESSES_HIDDEN where a container runs whose first process is not among those that are seen. Whoever looks from
 * within a container of their own, with the engine's socket and without the host's pid namespace, sees no guest, and would
 * find everything safe.
 */
export async function assertSeen(
  { engine, processes }: Pick<NodeWorld, 'engine' | 'processes'>,
  containers: readonly Container[],
  table: ProcessTable,
): Promise<void> {
  for (const container of containers) {
    if (isSeen(container, table)) continue
    // It may have ended, or been started again, between the two readings, and in the middle of these.
    const now = await engine.inspectContainer(container.id)
    if (now === undefined || isSeen(now, await processes.table())) continue
    const still = await engine.inspectContainer(container.id)
    if (still === undefined || still.pid !== now.pid) continue
    const { kind } = await engine.facts()
    throw raise('PROCESSES_HIDDEN', { engine: kind, container: still.name, pid: still.pid })
  }
}

/** One that does not run (any more, or while it waits for its next start) has no process. */
function isSeen({ status, pid }: Container, { processes }: ProcessTable): boolean {
  if (pid === 0 || (status !== 'running' && status !== 'paused')) return true
  return processes.some((process) => process.pid === pid)
}
