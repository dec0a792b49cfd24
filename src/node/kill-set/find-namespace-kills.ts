import type { Process, ProcessTable } from '../process.ts'
import type { Doomed } from './kill-set.ts'

/** `members`: whose own it is, and those of the namespaces in it. `first`: who may be its first process, as far as /proc says it. */
type PidNamespace = Readonly<{ id: number; members: readonly Process[]; first: readonly Process[] }>

/**
 * Those that the kernel kills because the first process of their pid namespace is among `doomed` (pid_namespaces(7)), wherever their
 * own cgroups are: a namespace within a container's, or one that a wrapper made. Namespaces within that one end with it. Whoever has
 * entered a namespace from outside of the one around it is found only when this is asked again with what it gave.
 */
export function findNamespaceKills(doomed: readonly Doomed[], table: ProcessTable): readonly Doomed[] {
  const dying = new Set(doomed.map(({ pid }) => pid))
  const found: Doomed[] = []
  for (const { id, members, first } of pidNamespaces(table)) {
    const ending = first.find(({ pid }) => dying.has(pid))
    if (ending === undefined) continue
    for (const { pid, startTicks, name } of members) {
      if (dying.has(pid)) continue
      const evidence = `pid namespace ${id}, whose first process (pid ${ending.pid}) ends`
      found.push({ pid, startTicks, name, mechanisms: ['pidNamespace'], evidence })
      dying.add(pid)
    }
  }
  return found
}

/** Each container of a node asks, and a node may have thousands of processes. */
const known = new WeakMap<ProcessTable, readonly PidNamespace[]>()

/** Each pid namespace but the host's. */
function pidNamespaces(table: ProcessTable): readonly PidNamespace[] {
  const before = known.get(table)
  if (before !== undefined) return before
  const byPid = new Map(table.processes.map((process) => [process.pid, process]))
  const members = new Map<number, Process[]>()
  for (const process of table.processes) {
    for (const id of namespacesOf(process, byPid, table.hostPidNamespace)) {
      const others = members.get(id)
      if (others === undefined) members.set(id, [process])
      else others.push(process)
    }
  }
  const all = Array.from(members, ([id, own]) => ({ id, members: own, first: firstOf(own) }))
  known.set(table, all)
  return all
}

/** The namespace of a process and those around it: they are those of its ancestors, up to the first one in the host's. */
function namespacesOf(
  process: Process,
  byPid: ReadonlyMap<number, Process>,
  hostPidNamespace: number,
): ReadonlySet<number> {
  const found = new Set<number>()
  for (let at: Process | undefined = process, steps = 0; at !== undefined && steps < 1000; steps++) {
    const own = at.namespaces?.pid
    if (own === hostPidNamespace) break
    if (own !== undefined) found.add(own)
    at = byPid.get(at.ppid)
  }
  return found
}

/** The first process of a namespace is the oldest in it, and the child of one outside. */
function firstOf(members: readonly Process[]): readonly Process[] {
  const oldest = members.reduce((ticks, one) => Math.min(ticks, one.startTicks), Infinity)
  const pids = new Set(members.map(({ pid }) => pid))
  return members.filter(({ startTicks, ppid }) => startTicks === oldest && !pids.has(ppid))
}
