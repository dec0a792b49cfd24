import type { Container, ProcessTable } from '../../../node/index.ts'
import type { NodeWorld } from '../../../ports/index.ts'
import { raise } from '../errors.ts'

/** Containers end and start between a list of them and a look at the processes, but not each time. */
const LOOKS = 3

/**
 * Throws PROCESSES_HIDDEN where containers run and the first process of none of them is seen. Whoever looks from within a
 * container of their own, with the engine's socket and without the host's pid namespace, sees no guest, and would find
 * everything safe. One container without a process beside others that have one is an engine that has not noticed its end.
 */
export async function assertSeen(
  { engine, processes }: Pick<NodeWorld, 'engine' | 'processes'>,
  containers: readonly Container[],
  table: ProcessTable,
): Promise<void> {
  let [listed, seen] = [containers, table]
  for (let look = 1; ; look += 1) {
    const [first, ...others] = listed.filter(hasProcess)
    if (first === undefined || [first, ...others].some(({ pid }) => isSeen(pid, seen))) return
    if (look === LOOKS) {
      const { kind } = await engine.facts()
      throw raise('PROCESSES_HIDDEN', { engine: kind, container: first.name, pid: first.pid })
    }
    listed = await engine.listContainers({})
    seen = await processes.table()
  }
}

/** One that waits for its next start has none. */
function hasProcess({ status, pid }: Container): boolean {
  return pid !== 0 && (status === 'running' || status === 'paused')
}

function isSeen(pid: number, { processes }: ProcessTable): boolean {
  return processes.some((process) => process.pid === pid)
}
