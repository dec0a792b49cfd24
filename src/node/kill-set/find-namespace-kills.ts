import type { Process, ProcessTable } from '../process.ts'
import type { Doomed } from './kill-set.ts'

/**
 * Those that the kernel kills because the first process of their pid namespace is among `doomed` (pid_namespaces(7)), wherever their
 * own cgroups are: a namespace within a container's, or one that a wrapper made. Namespaces within that one end with it.
 */
export function findNamespaceKills(doomed: readonly Doomed[], table: ProcessTable): readonly Doomed[] {
  const dying = new Set(doomed.map(({ pid }) => pid))
  const namespaces = [...pidNamespaces(table)]
  const found = new Map<number, Doomed>()
  // A namespace within one that ends is found in the next turn: its first process is a member of neither.
  for (let grown = true; grown;) {
    grown = false
    for (const [namespace, members] of namespaces) {
      const first = members.filter(({ pid }) => dying.has(pid)).find((one) => isFirst(one, members))
      if (first === undefined) continue
      for (const { pid, startTicks, name } of members) {
        if (dying.has(pid) || pid === first.pid) continue
        const evidence = `pid namespace ${namespace}, whose first process (pid ${first.pid}) ends`
        found.set(pid, { pid, startTicks, name, mechanisms: ['pidNamespace'], evidence })
        dying.add(pid)
        grown = true
      }
    }
  }
  return [...found.values()]
}

/** Each pid namespace but the host's, with those whose own it is and those of the namespaces in it: they descend from a member. */
function pidNamespaces({
  processes,
  hostPidNamespace,
}: ProcessTable): ReadonlyMap<number, readonly Process[]> {
  const all = new Set(
    processes.flatMap(({ namespaces }) => namespaces?.pid ?? []).filter((one) => one !== hostPidNamespace),
  )
  const byPid = new Map(processes.map((process) => [process.pid, process]))
  const isIn = (process: Process, namespace: number): boolean => {
    for (let at: Process | undefined = process, steps = 0; at !== undefined && steps < 1000; steps++) {
      const own = at.namespaces?.pid
      if (own === namespace) return true
      // Who is in the host's has no ancestor in another one.
      if (own === hostPidNamespace) return false
      at = byPid.get(at.ppid)
    }
    return false
  }
  return new Map(
    Array.from(all, (namespace) => [namespace, processes.filter((process) => isIn(process, namespace))]),
  )
}

/** The first process of a namespace is the oldest in it, and the child of one outside. */
function isFirst(process: Process, members: readonly Process[]): boolean {
  return (
    members.every(({ startTicks }) => startTicks >= process.startTicks) &&
    !members.some(({ pid }) => pid === process.ppid)
  )
}
