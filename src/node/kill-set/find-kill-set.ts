import type { Census, Guest, Helper } from '../guests/index.ts'
import type { Container, EngineFacts, StopCause } from '../container.ts'
import { KILL_RULES } from './kill-rules.ts'
import type { KillRule } from './kill-rules.ts'
import type { Doomed, Endangered, KillSet, Mechanism } from './kill-set.ts'
import { groupsOfThreads, isWithin, sameProcess } from '../process.ts'
import type { Process, ProcessTable } from '../process.ts'

/**
 * The exact processes that would be signalled if `container` stopped by `cause` now. A container that has stopped already
 * may still hold processes in its cgroups (somebody stopped it by hand, a delete failed): the runtime kills those by the
 * same rules when it is started again or removed, and Docker when it starts again itself.
 */
export function findKillSet(
  container: Container,
  table: ProcessTable,
  engine: EngineFacts,
  cause: StopCause,
): KillSet {
  const found = new Map<number, { process: Process; mechanisms: Mechanism[]; evidence: string }>()
  const doom = (process: Process, mechanism: Mechanism, evidence: string): void => {
    const entry = found.get(process.pid)
    if (entry === undefined) found.set(process.pid, { process, mechanisms: [mechanism], evidence })
    else if (!entry.mechanisms.includes(mechanism)) entry.mechanisms.push(mechanism)
  }

  if (isRunning(container) ? reachesContainers(engine, cause) : reachesLeft(engine, cause)) {
    const init = isRunning(container)
      ? table.processes.find((process) => process.pid === container.pid)
      : undefined
    if (init !== undefined) doom(init, 'mainProcess', `first process of ${container.name}`)
    if (container.pidMode === 'private' && init?.namespaces !== undefined) {
      for (const process of pidNamespaceMembers(init, table)) {
        doom(process, 'pidNamespace', `pid namespace ${init.namespaces.pid}`)
      }
    }
    // systemd's stop is no engine's: it ends the first process, or whatever is in the service's cgroup.
    if (container.hostUnit?.obstacle !== undefined && init !== undefined) {
      for (const process of table.processes) {
        const evidence = hostUnitEvidence(process, container.hostUnit.unit)
        if (evidence !== undefined) doom(process, 'systemdScope', evidence)
      }
    }
    for (const rule of container.hostUnit === undefined ? KILL_RULES : []) {
      if (!rule.applies({ container, engine, layout: table.layout, cause })) continue
      for (const process of table.processes) {
        const evidence =
          rule.of === 'pod' ? podEvidence(process, container) : cgroupEvidence(process, container, init, rule)
        if (evidence === undefined) continue
        if (!isRunning(container)) doom(process, 'leftBehind', evidence)
        doom(process, rule.mechanism, evidence)
      }
    }
  }

  if (cause === 'remove') {
    for (const process of execSessions(container, table))
      doom(process, 'execSession', `child of conmon (pid ${process.ppid})`)
  }

  const doomed = [...found.values()]
    .map(({ process, mechanisms, evidence }): Doomed => ({
      pid: process.pid,
      startTicks: process.startTicks,
      name: process.name,
      mechanisms,
      evidence,
    }))
    .toSorted((a, b) => a.pid - b.pid)
  return { containerId: container.id, containerName: container.name, cause, doomed }
}

/** census ∩ kill sets: the guests and helpers that would die. */
export function findEndangered(census: Census, killSets: readonly KillSet[]): readonly Endangered[] {
  const guests = census.guests.flatMap((guest) => endangeredIn(guest, 'guest', guest.uuid, killSets))
  const helpers = census.helpers.flatMap((helper) => endangeredIn(helper, 'helper', helper.kind, killSets))
  return [...guests, ...helpers]
}

/** Wherever it is moved to, it dies. */
const BY_PID: ReadonlySet<Mechanism> = new Set(['pidNamespace', 'mainProcess', 'execSession', 'terminal'])

function endangeredIn(
  one: Guest | Helper,
  kind: Endangered['kind'],
  subject: string,
  killSets: readonly KillSet[],
): Endangered[] {
  return killSets.flatMap((killSet) => {
    const doomed = killSet.doomed.find((candidate) => sameProcess(candidate, one.identity))
    if (doomed === undefined) return []
    return [
      {
        kind,
        subject,
        name: one.name,
        pid: doomed.pid,
        containerName: killSet.containerName,
        mechanisms: doomed.mechanisms,
        evidence: doomed.evidence,
        rescuable: !doomed.mechanisms.some((mechanism) => BY_PID.has(mechanism)),
      },
    ]
  })
}

function isRunning(container: Container): boolean {
  return container.status === 'running' || container.status === 'paused' || container.status === 'restarting'
}

/**
 * Stopping dockerd stops its containers unless live-restore is on; podman's containers have no daemon.
 * A killed containerd-shim is cleaned up by containerd with `runc delete --force`, which kills like a stop;
 * a killed conmon leaves its container running.
 */
function reachesContainers(engine: EngineFacts, cause: StopCause): boolean {
  switch (cause) {
    case 'stop':
    case 'remove':
    case 'kill':
    case 'podRemoved':
      return true
    case 'engineStopped':
      return engine.stopsContainersWithDaemon
    case 'shimKilled':
      return engine.hasShim
  }
}

/** A stopped container has no shim any more, but a Docker that starts again deletes what is left of it in the runtime. */
function reachesLeft(engine: EngineFacts, cause: StopCause): boolean {
  return engine.deletesLeftoversAtStart || (cause !== 'engineStopped' && cause !== 'shimKilled')
}

/** What `podman exec` has started in the container, and each of which has a conmon of its own. */
function execSessions({ id }: Container, { processes }: ProcessTable): readonly Process[] {
  const conmons = processes
    .filter(
      ({ argv }) =>
        /(^|\/)conmon$/.test(argv[0] ?? '') && argv.includes(id) && argv.includes('--exec-process-spec'),
    )
    .map(({ pid }) => pid)
  return processes.filter(({ ppid }) => conmons.includes(ppid))
}

/** The processes of init's pid namespace and of those nested in it: nested ones descend from a member. */
function pidNamespaceMembers(init: Process, table: ProcessTable): readonly Process[] {
  const namespace = init.namespaces?.pid
  const members = new Set<number>()
  for (const process of table.processes) {
    if (process.pid === init.pid || process.namespaces?.pid === namespace) members.add(process.pid)
  }
  for (let grown = true; grown;) {
    grown = false
    for (const process of table.processes) {
      if (members.has(process.ppid) && !members.has(process.pid)) {
        members.add(process.pid)
        grown = true
      }
    }
  }
  return table.processes.filter((process) => members.has(process.pid))
}

/** The cgroup that puts `process` into the container in `hierarchy`; undefined if it lies outside. */
function cgroupEvidence(
  process: Process,
  container: Container,
  init: Process | undefined,
  { hierarchy, below }: Pick<KillRule, 'hierarchy' | 'below'>,
): string | undefined {
  for (const line of groupsOfThreads(process)) {
    const names = line.hierarchy === 0 ? [''] : line.controllers
    if (hierarchy !== '*' && !names.includes(hierarchy)) continue
    if (below === true && endsWithId(line.path, container)) continue
    const recorded = names.map((name) => container.cgroupPaths?.[name]).filter((path) => path !== undefined)
    const inside =
      // Engines put the full container id into the path whatever the parent is, so this needs no state file …
      line.path.includes(container.id) ||
      // … which still tells of a path that was chosen otherwise (podman --cgroups=split, quadlet).
      recorded.some((root) => root !== '/' && isWithin(line.path, root)) ||
      (recorded.length === 0 &&
        (isInEngineCgroup(line.path, container) ||
          // Where the runtime made no group there is none to remove, whoever else is in that of its first process.
          (below !== true && sharesOwnCgroup(line.path, names, container, init))))
    if (inside) return `${names.join(',') || 'cgroup2'}:${line.path}`
  }
  return undefined
}

/** The path of the container itself, as every engine makes it. */
function endsWithId(path: string, { id }: Container): boolean {
  return path.slice(path.lastIndexOf('/')).includes(id)
}

function hostUnitEvidence(process: Process, unit: string): string | undefined {
  const line = groupsOfThreads(process).find(({ path }) => path.split('/').includes(unit))
  return line === undefined ? undefined : `${line.controllers.join(',') || 'cgroup2'}:${line.path}`
}

/** The cgroup, in any hierarchy, by which `process` is below the cgroup of the container's pod. */
function podEvidence(process: Process, { pod }: Container): string | undefined {
  if (pod === undefined) return undefined
  const [root, uid] = [pod.cgroup ?? '/', pod.uid]
  // A slice has `_` for `-` in its name (kubelet, pkg/kubelet/cm/cgroup_manager_linux.go: escapeSystemdCgroupName).
  const names = uid === '' ? [] : [`pod${uid}`, `pod${uid.replaceAll('-', '_')}`]
  const line = groupsOfThreads(process).find(
    ({ path }) =>
      (root !== '/' && isWithin(path, root)) ||
      path.split('/').some((part) => names.some((name) => part === name || part.endsWith(`-${name}.slice`))),
  )
  return line === undefined
    ? undefined
    : `${line.hierarchy === 0 ? 'cgroup2' : line.controllers.join(',')}:${line.path}`
}

/** The path that the engine gives every hierarchy, where the runtime's own record is gone. */
function isInEngineCgroup(path: string, { engineCgroup }: Container): boolean {
  return engineCgroup !== undefined && engineCgroup !== '/' && isWithin(path, engineCgroup)
}

/**
 * Without a record and without the id in the path, whatever lies in or below the cgroup of the container's first
 * process counts as inside, unless that is the root, which no runtime kills.
 */
function sharesOwnCgroup(
  path: string,
  names: readonly string[],
  container: Container,
  init: Process | undefined,
): boolean {
  const own = init?.cgroups.find((line) =>
    line.hierarchy === 0 ? names.includes('') : line.controllers.some((name) => names.includes(name)),
  )?.path
  return own !== undefined && own !== '/' && !own.includes(container.id) && isWithin(path, own)
}
