import { guestCgroup, machinePartition, machineScope } from '../guests/index.ts'
import type { CgroupLine } from '../process.ts'
import { isWithin } from '../process.ts'

/** How a host places guests outside of containers; docs/rescue.md tells when which is taken. */
export type RescueMethod = 'machined' | 'systemd' | 'cgroups'

export type Thread = Readonly<{ tid: number; name: string; cgroups: readonly CgroupLine[] }>

/** A process with its threads; the first is the main thread, whose tid is the pid. */
export type Movable = Readonly<{ pid: number; threads: readonly Thread[] }>

export type RescueRequest = Readonly<{
  method: RescueMethod
  /** `qemu-1-vm` */
  machine: string
  /** The unit's cgroup, where systemd made one; undefined proposes where it should be. */
  base: string | undefined
  guest: Movable
  /** Processes that serve this guest alone. */
  helpers: readonly Movable[]
  /** Controllers of the cgroup v2 root: none on hosts where v2 is only systemd's register. */
  v2Controllers: readonly string[]
  /** Ids of the containers that are to stop, or cgroup paths of theirs. */
  from: readonly string[]
}>

export type RescuePlan = Readonly<{
  /** Somebody is inside a container's cgroup. */
  needed: boolean
  /** The guest's own cgroup from now on, the same path in every hierarchy. */
  base: string
  /** Directories that must be there, parents first. */
  groups: readonly Group[]
  levels: readonly Level[]
  /** Every thread in every hierarchy; those with `from` equal to `to` are where they belong. */
  placements: readonly Placement[]
}>

export type Group = Readonly<{
  hierarchy: number
  controllers: readonly string[]
  path: string
  /** cgroup v2: holds single threads of a process whose others are elsewhere. */
  threaded: boolean
}>

/** Where limits are read and where they go. */
export type Level = Readonly<{
  hierarchy: number
  controllers: readonly string[]
  /** From the innermost cgroup outwards, ending with the container's own. */
  from: readonly string[]
  to: string
  /** Where those go that stand on a scope itself (`Limit.onScope`). */
  scope: string
}>

export type Placement = Readonly<{
  hierarchy: number
  controllers: readonly string[]
  pid: number
  tid: number
  from: string
  to: string
}>

/** What libvirt's vircgroupv1.c manages; other v1 hierarchies have no `libvirt` group below a scope. */
const LIBVIRT_CONTROLLERS = new Set([
  'cpu',
  'cpuacct',
  'cpuset',
  'memory',
  'devices',
  'freezer',
  'blkio',
  'net_cls',
  'perf_event',
])

/** In these libvirt keeps a group for each vCPU, I/O thread and the emulator (virCgroupNewThread). */
const THREAD_CONTROLLERS = new Set(['cpu', 'cpuacct', 'cpuset'])

/**
 * Decides, for every hierarchy and every thread, where it goes. Every hierarchy goes to the same base, also those that
 * lie outside of the containers already: libvirt takes a guest's cgroup back only if the last part of its path is right
 * in each of them (virCgroupNewDetectMachine).
 */
export function planRescue(request: RescueRequest): RescuePlan {
  const { guest, helpers, from } = request
  const base = request.base ?? proposeBase(request)
  const everyone = [guest, ...helpers]
  const roles = new Map(guest.threads.map((thread) => [thread.tid, roleOf(thread)]))
  const placements = everyone.flatMap((process) =>
    process.threads.flatMap((thread) =>
      thread.cgroups.map((line): Placement => {
        const role = process === guest ? (roles.get(thread.tid) ?? 'emulator') : 'emulator'
        const inner = innerBase(base, line, request)
        return {
          hierarchy: line.hierarchy,
          controllers: line.controllers,
          pid: process.pid,
          tid: thread.tid,
          from: line.path,
          to: isThreaded(line, request) ? `${inner}/${role}` : inner,
        }
      }),
    ),
  )
  return {
    needed: placements.some((placement) => containerRoot(placement.from, from) !== undefined),
    base,
    groups: groupsOf(placements, base, request),
    levels: levelsOf(placements, base, request),
    placements,
  }
}

/** A helper that serves several guests gets a group of its own, the same in every hierarchy. */
export function planHelperRescue(
  request: Readonly<{ base: string; helper: Movable; from: readonly string[] }>,
): RescuePlan {
  const { base, helper, from } = request
  const placements = helper.threads.flatMap((thread) =>
    thread.cgroups.map((line): Placement => ({
      hierarchy: line.hierarchy,
      controllers: line.controllers,
      pid: helper.pid,
      tid: thread.tid,
      from: line.path,
      to: base,
    })),
  )
  return {
    needed: placements.some((placement) => containerRoot(placement.from, from) !== undefined),
    base,
    groups: unique(
      placements.map(({ hierarchy, controllers, to }) => ({
        hierarchy,
        controllers,
        path: to,
        threaded: false,
      })),
    ),
    levels: helper.threads
      .slice(0, 1)
      .flatMap((thread) => thread.cgroups)
      .map(({ hierarchy, controllers, path }) => ({
        hierarchy,
        controllers,
        from: chain(path, containerRoot(path, from) ?? path),
        to: base,
        scope: base,
      })),
    placements,
  }
}

/**
 * The container's own cgroup, where `path` lies in it: `from` names it by a cgroup path, or by the container's id,
 * which engines put into one part of the path (`/docker/ID`, `…/libpod-ID.scope/container`).
 */
export function containerRoot(path: string, from: readonly string[]): string | undefined {
  const parts = path.split('/')
  for (const name of from) {
    if (name.startsWith('/')) {
      if (name !== '/' && isWithin(path, name)) return name
      continue
    }
    const at = name === '' ? -1 : parts.findIndex((part) => part.includes(name))
    if (at < 0) continue
    // crun makes a group `container` below the scope that it asked systemd for.
    const end = parts[at]?.startsWith('libpod-') === true && parts[at + 1] === 'container' ? at + 2 : at + 1
    return parts.slice(0, end).join('/')
  }
  return undefined
}

/** What is still inside a container: empty once a rescue has worked. `hierarchy:path`, with how many threads. */
export function remainingInside(processes: readonly Movable[], from: readonly string[]): readonly string[] {
  const counts = new Map<string, number>()
  for (const { pid, threads } of processes) {
    for (const { cgroups } of threads) {
      for (const { controllers, path } of cgroups) {
        if (containerRoot(path, from) === undefined) continue
        const key = `${pid} ${controllers.join(',') || 'v2'}:${path}`
        counts.set(key, (counts.get(key) ?? 0) + 1)
      }
    }
  }
  return Array.from(counts, ([place, count]) => (count === 1 ? place : `${place} (${count} threads)`))
}

/** Where the guest's cgroup is now, without the container's part; else where libvirt would have put it. */
function proposeBase({ method, machine, guest, from }: RescueRequest): string {
  const wanted = method === 'cgroups' ? machinePartition(machine) : machineScope(machine)
  const found = guest.threads
    .flatMap((thread) => thread.cgroups)
    .map((line) => ({ own: guestCgroup(line.path), root: containerRoot(line.path, from) }))
    .flatMap(({ own, root }) =>
      own === undefined ? [] : [{ own: own.slice(root?.length ?? 0), inside: root !== undefined }],
    )
    .filter(({ own }) => own.endsWith(`/${wanted}`))
    .toSorted((a, b) => Number(a.inside) - Number(b.inside))[0]
  return found?.own ?? `${method === 'cgroups' ? '/machine' : '/machine.slice'}/${wanted}`
}

/** `emulator`, `vcpuN` or `iothreadN`: as libvirt has placed it in some hierarchy, else as QEMU names its threads. */
function roleOf(thread: Thread): string {
  for (const { path } of thread.cgroups) {
    const leaf = path
      .slice(guestCgroup(path)?.length ?? path.length)
      .split('/')
      .at(-1)
    if (leaf !== undefined && /^(emulator|vcpu\d+|iothread\d+)$/.test(leaf)) return leaf
  }
  const vcpu = /^CPU (\d+)\//.exec(thread.name)?.[1]
  if (vcpu !== undefined) return `vcpu${vcpu}`
  return /^IO (iothread\d+)$/.exec(thread.name)?.[1] ?? 'emulator'
}

/** libvirt's `libvirt` group below a scope: there in every hierarchy that it manages, or it is not used at all. */
function innerBase(base: string, line: CgroupLine, { method, v2Controllers }: RescueRequest): string {
  if (method === 'cgroups') return base
  return isManaged(line, v2Controllers, LIBVIRT_CONTROLLERS) ? `${base}/libvirt` : base
}

function isThreaded(line: CgroupLine, { v2Controllers }: RescueRequest): boolean {
  return isManaged(line, v2Controllers, THREAD_CONTROLLERS)
}

/**
 * Whether a libvirt that sees this host keeps groups in the hierarchy. Any controller on cgroup v2 makes it use v2, and
 * then v2 also takes `cpuacct` and `devices` from v1, which need no controller there (virCgroupV2DetectControllers).
 * What the libvirt in the container did says nothing: it may have seen less of the host.
 */
function isManaged(line: CgroupLine, v2Controllers: readonly string[], which: ReadonlySet<string>): boolean {
  if (line.hierarchy === 0) return v2Controllers.length > 0
  const taken = v2Controllers.length > 0 ? [...v2Controllers, 'cpuacct', 'devices'] : []
  return line.controllers.some((controller) => which.has(controller) && !taken.includes(controller))
}

function groupsOf(placements: readonly Placement[], base: string, request: RescueRequest): readonly Group[] {
  const parents = placements.map(({ hierarchy, controllers, from }) => ({
    hierarchy,
    controllers,
    path: innerBase(base, { hierarchy, controllers, path: from }, request),
    threaded: false,
  }))
  const bases = placements.map(({ hierarchy, controllers }) => ({
    hierarchy,
    controllers,
    path: base,
    threaded: false,
  }))
  const leaves = placements.map(({ hierarchy, controllers, to }) => ({
    hierarchy,
    controllers,
    path: to,
    threaded: hierarchy === 0 && /\/(emulator|vcpu\d+|iothread\d+)$/.test(to),
  }))
  return unique([...bases, ...parents, ...leaves])
}

function levelsOf(placements: readonly Placement[], base: string, request: RescueRequest): readonly Level[] {
  const { guest, from } = request
  const levels = placements
    .filter(({ pid }) => pid === guest.pid)
    .flatMap((placement): Level[] => {
      const { hierarchy, controllers } = placement
      const to = innerBase(base, { hierarchy, controllers, path: placement.from }, request)
      const own = guestCgroup(placement.from)
      const root = containerRoot(placement.from, from)
      const inner = own !== undefined && isWithin(placement.from, `${own}/libvirt`) ? `${own}/libvirt` : own
      const start = inner ?? placement.from
      const whole = { hierarchy, controllers, from: chain(start, root ?? own ?? start), to, scope: base }
      const hasLeaf = placement.to !== to && inner !== undefined && placement.from !== inner
      return hasLeaf
        ? [whole, { ...whole, from: [placement.from], to: placement.to, scope: placement.to }]
        : [whole]
    })
  // The main thread comes first, and its cgroup speaks for the guest.
  const first = new Map(levels.toReversed().map((level) => [`${level.hierarchy}:${level.to}`, level]))
  return [...first.values()]
    .toReversed()
    .filter(({ from: [source], to }) => source !== undefined && source !== to)
}

/** `/a/b/c` up to `/a`: `/a/b/c`, `/a/b`, `/a`. The hierarchy's root has no limits. */
function chain(path: string, top: string): readonly string[] {
  const paths: string[] = []
  for (let at = path; isWithin(at, top) && at.length > 1; at = at.slice(0, at.lastIndexOf('/')))
    paths.push(at)
  return paths
}

function unique<T>(items: readonly T[]): readonly T[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()]
}
