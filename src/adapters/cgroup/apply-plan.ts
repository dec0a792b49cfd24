import { hierarchyName } from '../../node/index.ts'
import type { Group, Placement, RescuePlan } from '../../node/index.ts'
import { hasCode } from './has-code.ts'
import type { Kernel } from './kernel.ts'
import type { DeviceFilter, KeptLimit } from './rescue-record.ts'

/** What was done, in words of the report, and what could not be. */
export type Outcome = { limits: Set<string>; limitTrouble: Set<string>; moveTrouble: string[] }

export type Application = Readonly<{
  kernel: Kernel
  plan: RescuePlan
  limits: readonly KeptLimit[]
  deviceFilter: DeviceFilter | undefined
  /** systemd made the base, and passes on the controllers that it wants there. */
  madeBySystemd: boolean
  outcome: Outcome
}>

/** libvirt enables these below its partitions on cgroup v2; a group with threaded ones below can only pass on two. */
const THREADED_V2 = ['cpu', 'cpuset']
const DOMAIN_V2 = [...THREADED_V2, 'memory', 'io', 'pids']

/** In the words of a report. */
const DEVICE_FILTER = 'v2 filter of devices'

/**
 * One round: makes the groups with their limits, and moves what is not where it belongs. Idempotent. Threads that are
 * born meanwhile may be missed, so the caller looks again until a round finds nothing.
 *
 * On v1 everything is ready before the first thread moves. On v2 it cannot be: controllers are passed on by a group
 * only after its processes have left it (cgroup-v2.rst, "No Internal Process Constraint"; with `cpu` passed on too
 * early, it would become the root of threads, and no group below could take the process).
 */
export function applyPlan(application: Application): void {
  const { plan } = application
  const domains = plan.groups.filter((group) => group.hierarchy === 0 && !group.threaded)
  for (const group of domains) prepare(application, group, 'bare')
  keepDeviceFilter(application)
  for (const placements of perProcess(plan, (placement) => placement.hierarchy === 0)) {
    enterDomain(application, placements)
  }
  for (const group of plan.groups) prepare(application, group, 'whole')
  for (const placements of perProcess(plan, () => true)) moveThreads(application, placements)
}

/** `bare`: the group alone; `whole`: with the controllers that it needs and its limits. */
function prepare(application: Application, group: Group, how: 'bare' | 'whole'): void {
  const { kernel, plan, limits, madeBySystemd, outcome } = application
  if (!kernel.isMounted(group)) return
  try {
    for (const path of ancestors(group.path)) {
      const isSystemds = madeBySystemd && path.length <= plan.base.length
      makeGroup(kernel, { ...group, path, threaded: group.threaded && path === group.path }, how, isSystemds)
    }
  } catch (error) {
    outcome.moveTrouble.push(`${hierarchyName(group)}:${group.path}: ${reasonOf(error)}`)
  }
  if (how === 'bare') return
  for (const limit of limits) {
    const isHere = limit.hierarchy === group.hierarchy && `${plan.base}${limit.path}` === group.path
    if (isHere) keepLimit(kernel, limit, group.path, outcome)
  }
}

function makeGroup(kernel: Kernel, group: Group, how: 'bare' | 'whole', isSystemds: boolean): void {
  const { path, threaded } = group
  const parent = path.slice(0, path.lastIndexOf('/')) || '/'
  if (!kernel.exists(group, path)) kernel.make(group, path)
  if (group.hierarchy !== 0) {
    if (!group.controllers.includes('cpuset')) return
    // Born without CPUs and memory nodes, it takes no process until it has some (cgroup-v1/cpusets.rst).
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      if (kernel.read(group, path, file) !== '') continue
      kernel.write(group, path, file, kernel.read(group, parent, file) ?? '')
    }
    return
  }
  if (threaded && kernel.read(group, path, 'cgroup.type') !== 'threaded') {
    kernel.write(group, path, 'cgroup.type', 'threaded')
  }
  // systemd passes on what it wants to, down to its scope.
  if (how === 'bare' || isSystemds) return
  enableControllers(kernel, { ...group, path: parent }, threaded ? THREADED_V2 : DOMAIN_V2)
}

/** What the group has and does not pass on yet. One that cannot pass it on has no such limits below: no failure. */
function enableControllers(kernel: Kernel, group: Group, wanted: readonly string[]): void {
  const available = words(kernel.read(group, group.path, 'cgroup.controllers'))
  const enabled = words(kernel.read(group, group.path, 'cgroup.subtree_control'))
  for (const controller of wanted) {
    if (!available.includes(controller) || enabled.includes(controller)) continue
    try {
      kernel.write(group, group.path, 'cgroup.subtree_control', `+${controller}`)
    } catch (error) {
      if (!hasCode(error, 'EBUSY', 'EOPNOTSUPP', 'ENOENT', 'EINVAL')) throw error
    }
  }
}

/** A limit that the new place does not take is told, and does not stop the rescue. */
function keepLimit(kernel: Kernel, limit: KeptLimit, path: string, outcome: Outcome): void {
  const text = describeLimit(limit)
  if (outcome.limits.has(text)) return
  try {
    if (kernel.read(limit, path, limit.file) !== limit.value) writeLimit(kernel, limit, path)
    outcome.limits.add(text)
    outcome.limitTrouble.delete(text)
  } catch {
    outcome.limitTrouble.add(text)
  }
}

/** Before the guest is there. While it is only in the scope that systemd made it is without. */
function keepDeviceFilter({ kernel, plan, deviceFilter, outcome }: Application): void {
  if (deviceFilter === undefined || outcome.limits.has(DEVICE_FILTER)) return
  const v2 = { hierarchy: 0, controllers: [] }
  if (!kernel.isMounted(v2) || !kernel.exists(v2, deviceFilter.from)) return
  try {
    if (kernel.copyDeviceFilter(deviceFilter.from, `${plan.base}${deviceFilter.path}`) === 0) return
    outcome.limits.add(DEVICE_FILTER)
  } catch (error) {
    outcome.limitTrouble.add(`${DEVICE_FILTER}: ${reasonOf(error)}`)
  }
}

/** `cpu/vcpu0/cpu.cfs_quota_us=50000` */
export function describeLimit(limit: KeptLimit): string {
  const leaf = limit.path.replace(/^\/libvirt/, '')
  return `${hierarchyName(limit)}${leaf}/${limit.file}=${limit.value.replaceAll('\n', '; ')}`
}

function writeLimit(kernel: Kernel, limit: KeptLimit, path: string): void {
  if (limit.file === 'devices.list') {
    // A list is not written but built: first nothing is allowed, then each entry (cgroup-v1/devices.rst).
    kernel.write(limit, path, 'devices.deny', 'a')
    for (const entry of limit.value.split('\n')) kernel.write(limit, path, 'devices.allow', entry)
    return
  }
  for (const line of limit.value.split('\n')) kernel.write(limit, path, limit.file, line)
}

/** On v2 a process lives in one domain, and its threads in threaded groups below that (cgroup-v2.rst, "Threads"). */
function enterDomain(application: Application, placements: readonly Placement[]): void {
  const [first] = placements
  if (first === undefined) return
  const domain = domainOf(first.to)
  const isIn = placements.every(({ from }) => from === domain || from.startsWith(`${domain}/`))
  if (!isIn) attempt(application, first, 'cgroup.procs', first.pid, domain)
}

/**
 * A process whose threads all belong in one place goes as a whole, which no thread escapes that is born meanwhile;
 * others go thread by thread.
 */
function moveThreads(application: Application, placements: readonly Placement[]): void {
  const [first] = placements
  const pending = placements.filter(({ from, to }) => from !== to)
  if (first === undefined || pending.length === 0) return
  const together = placements.every(({ to }) => to === first.to)
  if (first.hierarchy !== 0) {
    if (together) return attempt(application, first, 'cgroup.procs', first.pid, first.to)
    for (const { tid, to } of pending) attempt(application, first, 'tasks', tid, to)
    return
  }
  // The process is in its domain by now.
  if (first.to === domainOf(first.to)) return
  for (const { tid, to } of pending) attempt(application, first, 'cgroup.threads', tid, to)
}

function attempt(application: Application, placement: Placement, file: string, id: number, to: string): void {
  const { kernel, outcome } = application
  if (!kernel.isMounted(placement)) return
  try {
    kernel.write(placement, to, file, String(id))
  } catch (error) {
    // A thread that has ended needs no place.
    if (hasCode(error, 'ESRCH')) return
    outcome.moveTrouble.push(`${hierarchyName(placement)}:${to}/${file}: ${reasonOf(error)}`)
  }
}

function perProcess(
  plan: RescuePlan,
  which: (placement: Placement) => boolean,
): readonly (readonly Placement[])[] {
  return [
    ...Map.groupBy(plan.placements.filter(which), ({ hierarchy, pid }) => `${hierarchy} ${pid}`).values(),
  ]
}

function domainOf(path: string): string {
  return path.replace(/\/(emulator|vcpu\d+|iothread\d+)$/, '')
}

/** `/a/b/c` → `/a`, `/a/b`, `/a/b/c`. */
function ancestors(path: string): readonly string[] {
  const parts = path.split('/').slice(1)
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`)
}

function words(text: string | undefined): readonly string[] {
  return (text ?? '').split(/\s+/).filter(Boolean)
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'code' in error ? String(error.code) : error.message
}
