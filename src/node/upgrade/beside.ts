import type { Container } from '../container.ts'
import type { Finding } from '../finding.ts'
import type { Process, ProcessTable } from '../process.ts'
import { executableName } from '../guests/index.ts'
import { LABELS } from '../release/index.ts'
import type { Role } from '../release/index.ts'
import { started, stopped } from './plan.ts'
import type { Plan } from './plan.ts'

/** Programs of which a second one on the node does harm, by the part that a service plays. */
const PROGRAMS: Readonly<Partial<Record<Role, readonly string[]>>> = {
  // Both take the same guests for theirs.
  libvirt: ['libvirtd', 'virtqemud'],
  // Both want the socket that guests' consoles are opened through.
  virtlogd: ['virtlogd'],
  // Both report as the same compute service.
  compute: ['nova-compute'],
}

export type BesideInput = Readonly<{
  plan: Plan
  /** What each service of the release that starts is for. Empty where that is not on file: a way back to adopted containers. */
  roles: ReadonlyMap<string, Role>
  table: ProcessTable
  containers: readonly Container[]
}>

/**
 * A libvirt, virtlogd or nova-compute that runs in no container that the plan stops or keeps: the release would start
 * another one beside it. Judged by the processes themselves, whatever the containers are called.
 */
export function besideFindings(input: BesideInput): readonly Finding[] {
  const { plan, table, containers } = input
  const known = containersOf(plan)
  const running = started(plan).flatMap(({ service }): Finding[] => {
    const programs = programsOf(service, input)
    const found = table.processes.filter((process) => programs.includes(programOf(process)))
    const owners = Map.groupBy(found, (process) => ownerOf(process, table, containers))
    return [...owners].flatMap(([owner, [first]]) => {
      if (first === undefined) return []
      if (owner === undefined) return isOnHost(first, table) ? [elsewhere(service, first)] : []
      // What Anneal asks an image runs in a throw-away container, apart from the host.
      const asked = owner.labels[LABELS.runOnce] !== undefined
      return known.has(owner.name) || asked ? [] : [notTakenOver(service, first, owner)]
    })
  })
  return [...running, ...socketsBeside(input, known)]
}

/** A libvirt of the host that does not run and whose sockets listen: the first client has systemd start it. */
function socketsBeside(input: BesideInput, known: ReadonlySet<string>): readonly Finding[] {
  const service = started(input.plan).find(
    (one) => programsOf(one.service, input) === PROGRAMS.libvirt,
  )?.service
  if (service === undefined) return []
  return input.containers.flatMap((one): Finding[] =>
    one.hostUnit === undefined || one.status !== 'running' || one.pid !== 0 || known.has(one.name)
      ? []
      : [listens(service, one.name, one.hostUnit.unit)],
  )
}

/** Every libvirt that runs on the node and in none of the containers `own`: what it is, for people. */
export function libvirtsBeside(
  own: ReadonlySet<string>,
  table: ProcessTable,
  containers: readonly Container[],
): readonly string[] {
  const running = table.processes.filter((process) => PROGRAMS.libvirt?.includes(programOf(process)))
  const owners = Map.groupBy(running, (process) => ownerOf(process, table, containers))
  return [...owners].flatMap(([owner, [first]]) => {
    if (first === undefined) return []
    const what = `${programOf(first)} (pid ${first.pid})`
    if (owner === undefined) return isOnHost(first, table) ? [`${what} on the node itself`] : []
    const asked = owner.labels[LABELS.runOnce] !== undefined
    return own.has(owner.name) || asked ? [] : [`${what} in container "${owner.name}"`]
  })
}

function containersOf(plan: Plan): ReadonlySet<string> {
  const kept = plan.actions.flatMap((one) => (one.action === 'keep' ? [one.old] : []))
  const old = [...kept, ...stopped(plan)].map(({ containerName }) => containerName)
  return new Set([...old, ...started(plan).map(({ newName }) => newName)])
}

function programsOf(service: string, { plan, roles }: BesideInput): readonly string[] {
  const role = service === plan.hypervisor ? 'libvirt' : roles.get(service)
  return (role === undefined ? undefined : PROGRAMS[role]) ?? []
}

/** Basename of the program, or of the script that an interpreter runs. A user's own session daemon is no part of a node. */
function programOf(process: Process): string {
  const [first = '', second = ''] = process.argv.map((word) => word.slice(word.lastIndexOf('/') + 1))
  if (/^python[0-9.]*$/.test(first)) return second
  return process.uid === 0 ? executableName(process) : ''
}

/** By its root file system; where that tells nothing, by descent from the container's first process. */
function ownerOf(
  process: Process,
  table: ProcessTable,
  containers: readonly Container[],
): Container | undefined {
  const byRoot = containers.find(
    ({ rootUpperDir }) => rootUpperDir !== undefined && rootUpperDir === process.rootUpperDir,
  )
  if (byRoot !== undefined) return byRoot
  let at: Process | undefined = process
  // Bounded: a table read while processes come and go may hold a circle.
  for (let depth = 0; at !== undefined && depth < 64; depth += 1) {
    const { pid, ppid }: Process = at
    const owner = containers.find((container) => container.pid === pid)
    if (owner !== undefined) return owner
    at = table.processes.find((candidate) => candidate.pid === ppid)
  }
  return undefined
}

/** In no container of this engine, and in the host's pid namespace: not a machine within the machine. */
function isOnHost(process: Process, table: ProcessTable): boolean {
  return process.namespaces?.pid === table.hostPidNamespace
}

function notTakenOver(service: string, process: Process, owner: Container): Finding {
  return {
    code: 'SERVICE_RUNS_BESIDE',
    severity: 'refuse',
    subject: service,
    evidence: `${programOf(process)} (pid ${process.pid}) runs in container "${owner.name}", which this release does not take over from: two of them would run`,
    remedy: `name it with the node’s first release (--adopt ${service}=${owner.name}); later see with \`anneal node kill-set ${owner.name}\` that no guest would die with it, and stop it permanently`,
  }
}

function listens(service: string, name: string, unit: string): Finding {
  return {
    code: 'SERVICE_SOCKET_BESIDE',
    severity: 'refuse',
    subject: service,
    evidence: `sockets of ${unit} listen on the node: the next client of theirs would start a second libvirt`,
    remedy: `take it over with the node’s first release (--adopt ${service}=${name}), or keep it from being started: \`systemctl disable --now\` for its services and its sockets`,
  }
}

function elsewhere(service: string, process: Process): Finding {
  return {
    code: 'SERVICE_RUNS_ELSEWHERE',
    severity: 'refuse',
    subject: service,
    evidence: `${programOf(process)} (pid ${process.pid}) runs on the node, in no container of this engine: two of them would run`,
    remedy:
      'stop what runs it and keep it from being started again (of a package: `systemctl disable --now` for its service and its sockets, under which guests run on), or leave the service out of the release',
  }
}
