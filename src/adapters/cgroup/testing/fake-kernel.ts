import { isLimitFile } from '../../../node/index.ts'
import type { LimitReading, Movable } from '../../../node/index.ts'
import type { Hierarchy, Kernel } from '../kernel.ts'

/**
 * Control groups and threads in memory, with the kernel's rules that a rescue can run into:
 * v1 (cgroup-v1/*.rst): a group of `cpuset` without CPUs takes nobody (ENOSPC); a list of devices is built, not written.
 * v2 (cgroup-v2.rst and kernel/cgroup/cgroup.c): threaded groups, no processes beside domain controllers that are
 * passed on, controllers only where the parent passes them on.
 */
export class FakeKernel implements Kernel {
  readonly #groups = new Map<string, FakeGroup>()
  readonly #processes = new Map<number, FakeProcess>()
  readonly #hierarchies: readonly FakeHierarchy[]
  /** Programs by the v2 group that they are attached to. */
  readonly deviceFilters = new Map<string, string>()
  /** Called before each change; throwing there makes the change not happen. */
  onChange: (what: string) => void = () => undefined

  constructor(hierarchies: readonly FakeHierarchy[]) {
    this.#hierarchies = hierarchies
    for (const hierarchy of hierarchies) {
      this.#groups.set(keyOf(hierarchy, '/'), {
        hierarchy,
        path: '/',
        threaded: false,
        files: { ...rootFiles(hierarchy) },
      })
    }
  }

  // what tests set up and look at

  addProcess(
    process: Omit<FakeProcess, 'threads'> & Readonly<{ threads: Readonly<Record<number, FakeThread>> }>,
  ): void {
    for (const { cgroups } of Object.values(process.threads)) {
      for (const [hierarchy, path] of Object.entries(cgroups)) {
        for (const each of ancestors(path)) this.#ensure(this.#hierarchy(Number(hierarchy)), each)
        if (hierarchy === '0' && isLeaf(path)) this.#group(this.#hierarchy(0), path).threaded = true
      }
    }
    this.#processes.set(process.pid, {
      ...process,
      threads: new Map(
        Object.entries(process.threads).map(([tid, thread]) => [
          Number(tid),
          {
            name: thread.name,
            cgroups: new Map(Object.entries(thread.cgroups).map(([h, path]) => [Number(h), path])),
          },
        ]),
      ),
    })
  }

  /** A thread that the process starts: born where the one that starts it is. */
  addThread(pid: number, parent: number, tid: number, name: string): void {
    const from = this.#process(pid).threads.get(parent)
    if (from === undefined) throw failure('ESRCH')
    this.#process(pid).threads.set(tid, { name, cgroups: new Map(from.cgroups) })
  }

  setFile(hierarchy: number, path: string, file: string, value: string): void {
    this.#group(this.#hierarchy(hierarchy), path).files[file] = value
  }

  placeOf(tid: number, hierarchy: number): string | undefined {
    for (const process of this.#processes.values()) {
      const path = process.threads.get(tid)?.cgroups.get(hierarchy)
      if (path !== undefined) return path
    }
    return undefined
  }

  /** What systemd does with the first processes of a unit. */
  attachByUnit(pids: readonly number[], path: string, controllers: readonly string[]): void {
    for (const hierarchy of this.#hierarchies) {
      const isSystemds =
        hierarchy.hierarchy === 0 ||
        hierarchy.controllers.some((controller) => controllers.includes(controller))
      if (!isSystemds) continue
      for (const each of ancestors(path)) {
        this.#ensure(hierarchy, each)
        const parent = each.slice(0, each.lastIndexOf('/')) || '/'
        if (hierarchy.hierarchy !== 0) continue
        const group = this.#group(hierarchy, parent)
        if (each !== path || parent !== '/')
          group.files['cgroup.subtree_control'] = hierarchy.controllers.join(' ')
        this.#group(hierarchy, each).files['cgroup.controllers'] = hierarchy.controllers.join(' ')
      }
      for (const pid of pids) {
        for (const thread of this.#process(pid).threads.values())
          thread.cgroups.set(hierarchy.hierarchy, path)
      }
    }
  }

  // the port

  identify(pid: number): ReturnType<Kernel['identify']> {
    const process = this.#processes.get(pid)
    if (process === undefined) return undefined
    return { startTicks: process.startTicks, ppid: process.ppid, pidNamespace: process.pidNamespace }
  }

  hostPidNamespace(): number {
    return 1
  }

  threadsOf(pid: number): Movable {
    const process = this.#processes.get(pid)
    const threads = Array.from(process?.threads ?? [], ([tid, { name, cgroups }]) => ({
      tid,
      name,
      cgroups: this.#hierarchies.map(({ hierarchy, controllers }) => ({
        hierarchy,
        controllers: hierarchy === 0 ? [] : controllers,
        path: cgroups.get(hierarchy) ?? '/',
      })),
    }))
    return {
      pid,
      threads: threads.toSorted((a, b) => Number(b.tid === pid) - Number(a.tid === pid) || a.tid - b.tid),
    }
  }

  v2Controllers(): readonly string[] {
    return this.#hierarchies.find(({ hierarchy }) => hierarchy === 0)?.controllers ?? []
  }

  isMounted({ hierarchy }: Hierarchy): boolean {
    return this.#hierarchies.some((each) => each.hierarchy === hierarchy && each.mounted !== false)
  }

  exists(hierarchy: Hierarchy, path: string): boolean {
    return this.#groups.has(keyOf(hierarchy, path))
  }

  make(hierarchy: Hierarchy, path: string): void {
    this.onChange(`mkdir ${hierarchy.hierarchy}:${path}`)
    if (!this.exists(hierarchy, path.slice(0, path.lastIndexOf('/')) || '/')) throw failure('ENOENT')
    this.#ensure(this.#hierarchy(hierarchy.hierarchy), path)
  }

  limits(hierarchy: Hierarchy, path: string): LimitReading {
    const group = this.#groups.get(keyOf(hierarchy, path))
    if (group === undefined) return {}
    // On v2 a group has the files of those controllers that its parent passes on.
    const has = (file: string): boolean =>
      hierarchy.hierarchy !== 0 || this.#controllersOf(group).includes(file.slice(0, file.indexOf('.')))
    return Object.fromEntries(Object.entries(group.files).filter(([file]) => isLimitFile(file) && has(file)))
  }

  read(hierarchy: Hierarchy, path: string, file: string): string | undefined {
    const group = this.#groups.get(keyOf(hierarchy, path))
    if (group === undefined) return undefined
    if (file === 'cgroup.type') return this.#type(group)
    if (file === 'cgroup.controllers' && path !== '/') return this.#controllersOf(group).join(' ')
    return group.files[file]
  }

  write(hierarchy: Hierarchy, path: string, file: string, value: string): void {
    this.onChange(`write ${hierarchy.hierarchy}:${path}/${file} ${value}`)
    const group = this.#group(this.#hierarchy(hierarchy.hierarchy), path)
    switch (file) {
      case 'cgroup.procs':
        return this.#attachProcess(group, Number(value))
      case 'tasks':
        return this.#attachThreadV1(group, Number(value))
      case 'cgroup.threads':
        return this.#attachThreadV2(group, Number(value))
      case 'cgroup.type':
        return this.#makeThreaded(group)
      case 'cgroup.subtree_control':
        return this.#passOn(group, value.slice(1))
      case 'devices.deny':
        group.files['devices.list'] = ''
        return
      case 'devices.allow':
        group.files['devices.list'] = [group.files['devices.list'], value].filter(Boolean).join('\n')
        return
      default:
        if (!(file in this.limits(hierarchy, path))) throw failure('ENOENT')
        group.files[file] = value
    }
  }

  copyDeviceFilter(from: string, to: string): number {
    this.onChange(`attach filter of ${from} to ${to}`)
    const filter = this.deviceFilters.get(from)
    if (filter === undefined || this.deviceFilters.has(to)) return 0
    this.#group(this.#hierarchy(0), to)
    this.deviceFilters.set(to, filter)
    return 1
  }

  #attachProcess(group: FakeGroup, pid: number): void {
    const process = this.#process(pid)
    this.#mayTake(group)
    if (this.#type(group) === 'domain invalid') throw failure('EOPNOTSUPP')
    for (const thread of process.threads.values()) thread.cgroups.set(group.hierarchy.hierarchy, group.path)
  }

  #attachThreadV1(group: FakeGroup, tid: number): void {
    this.#mayTake(group)
    this.#thread(tid).cgroups.set(group.hierarchy.hierarchy, group.path)
  }

  #attachThreadV2(group: FakeGroup, tid: number): void {
    const thread = this.#thread(tid)
    const from = this.#group(group.hierarchy, thread.cgroups.get(0) ?? '/')
    if (this.#domainOf(from) !== this.#domainOf(group)) throw failure('EOPNOTSUPP')
    thread.cgroups.set(0, group.path)
  }

  #mayTake(group: FakeGroup): void {
    if (group.hierarchy.controllers.includes('cpuset') && group.hierarchy.hierarchy !== 0) {
      if (group.files['cpuset.cpus'] === '' || group.files['cpuset.mems'] === '') throw failure('ENOSPC')
    }
    if (group.hierarchy.hierarchy !== 0 || group.path === '/' || group.threaded) return
    if (passedOn(group).some((controller) => !THREADED.includes(controller))) throw failure('EBUSY')
  }

  #makeThreaded(group: FakeGroup): void {
    if (group.threaded) return
    const parent = this.#parent(group)
    if (parent === undefined || passedOn(parent).some((controller) => !THREADED.includes(controller))) {
      throw failure('EOPNOTSUPP')
    }
    group.threaded = true
  }

  /** cgroup_vet_subtree_control_enable */
  #passOn(group: FakeGroup, controller: string): void {
    if (!this.#controllersOf(group).includes(controller)) throw failure('ENOENT')
    const domain = !THREADED.includes(controller)
    if (group.path !== '/') {
      if (domain && this.#isThreadRoot(group)) throw failure('EOPNOTSUPP')
      const mayBeRoot =
        passedOn(group).every((each) => THREADED.includes(each)) && !this.#hasPopulatedDomainChild(group)
      if (!(!domain && (mayBeRoot || group.threaded)) && this.#members(group).length > 0)
        throw failure('EBUSY')
    }
    group.files['cgroup.subtree_control'] = [...new Set([...passedOn(group), controller])].join(' ')
  }

  #type(group: FakeGroup): string {
    if (group.threaded) return 'threaded'
    const parent = this.#parent(group)
    if (parent !== undefined && parent.path !== '/' && (parent.threaded || this.#isThreadRoot(parent))) {
      return 'domain invalid'
    }
    return this.#isThreadRoot(group) ? 'domain threaded' : 'domain'
  }

  #isThreadRoot(group: FakeGroup): boolean {
    if (group.threaded || group.path === '/') return false
    const hasThreadedChild = this.#children(group).some((child) => child.threaded)
    const passesThreaded = passedOn(group).some((controller) => THREADED.includes(controller))
    return hasThreadedChild || (this.#members(group).length > 0 && passesThreaded)
  }

  #hasPopulatedDomainChild(group: FakeGroup): boolean {
    return this.#children(group).some((child) => !child.threaded && this.#isPopulated(child))
  }

  #isPopulated(group: FakeGroup): boolean {
    return this.#members(group).length > 0 || this.#children(group).some((child) => this.#isPopulated(child))
  }

  #members(group: FakeGroup): readonly number[] {
    return [...this.#processes.values()].flatMap(({ threads }) =>
      Array.from(threads).flatMap(([tid, thread]) =>
        thread.cgroups.get(group.hierarchy.hierarchy) === group.path ? [tid] : [],
      ),
    )
  }

  #domainOf(group: FakeGroup): FakeGroup {
    const parent = this.#parent(group)
    return group.threaded && parent !== undefined ? this.#domainOf(parent) : group
  }

  #children(group: FakeGroup): readonly FakeGroup[] {
    return [...this.#groups.values()].filter((each) => each !== group && this.#parent(each) === group)
  }

  #parent(group: FakeGroup): FakeGroup | undefined {
    if (group.path === '/') return undefined
    return this.#groups.get(keyOf(group.hierarchy, group.path.slice(0, group.path.lastIndexOf('/')) || '/'))
  }

  #controllersOf(group: FakeGroup): readonly string[] {
    const parent = this.#parent(group)
    return parent === undefined ? group.hierarchy.controllers : passedOn(parent)
  }

  #ensure(hierarchy: FakeHierarchy, path: string): void {
    const key = keyOf(hierarchy, path)
    if (!this.#groups.has(key))
      this.#groups.set(key, { hierarchy, path, threaded: false, files: newFiles(hierarchy) })
  }

  #hierarchy(number: number): FakeHierarchy {
    const found = this.#hierarchies.find(({ hierarchy }) => hierarchy === number)
    if (found === undefined) throw failure('ENOENT')
    return found
  }

  #group(hierarchy: FakeHierarchy, path: string): FakeGroup {
    const group = this.#groups.get(keyOf(hierarchy, path))
    if (group === undefined) throw failure('ENOENT')
    return group
  }

  #process(pid: number): FakeProcess {
    const process = this.#processes.get(pid)
    if (process === undefined) throw failure('ESRCH')
    return process
  }

  #thread(tid: number): Readonly<{ cgroups: Map<number, string> }> {
    for (const { threads } of this.#processes.values()) {
      const thread = threads.get(tid)
      if (thread !== undefined) return thread
    }
    throw failure('ESRCH')
  }
}

export type FakeHierarchy = Hierarchy & Readonly<{ mounted?: false }>

/** Paths by the number of the hierarchy. */
export type FakeThread = Readonly<{ name: string; cgroups: Readonly<Record<number, string>> }>

type FakeProcess = Readonly<{
  pid: number
  ppid: number
  startTicks: number
  pidNamespace: number
  threads: Map<number, { name: string; cgroups: Map<number, string> }>
}>

type FakeGroup = { hierarchy: FakeHierarchy; path: string; threaded: boolean; files: Record<string, string> }

const THREADED = ['cpu', 'cpuset', 'pids', 'perf_event']

const FILES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  cpu: { 'cpu.shares': '1024', 'cpu.cfs_period_us': '100000', 'cpu.cfs_quota_us': '-1' },
  cpuset: { 'cpuset.cpus': '', 'cpuset.mems': '', 'cpuset.memory_migrate': '0' },
  memory: { 'memory.limit_in_bytes': '9223372036854771712', 'memory.swappiness': '60' },
  devices: { 'devices.list': 'a *:* rwm' },
  pids: { 'pids.max': 'max' },
}

const FILES_V2: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  cpu: { 'cpu.weight': '100', 'cpu.max': 'max 100000' },
  cpuset: { 'cpuset.cpus': '', 'cpuset.mems': '' },
  memory: { 'memory.max': 'max' },
  io: { 'io.weight': 'default 100' },
  pids: { 'pids.max': 'max' },
}

function newFiles({ hierarchy, controllers }: FakeHierarchy): Record<string, string> {
  const table = hierarchy === 0 ? FILES_V2 : FILES
  const files = Object.assign({}, ...controllers.map((controller) => table[controller] ?? {})) as Record<
    string,
    string
  >
  return hierarchy === 0 ? { ...files, 'cgroup.subtree_control': '' } : files
}

function rootFiles(hierarchy: FakeHierarchy): Record<string, string> {
  const common = { 'cpuset.cpus': '0-3', 'cpuset.mems': '0', 'cgroup.subtree_control': '' }
  return { ...common, 'cgroup.controllers': hierarchy.controllers.join(' ') }
}

function isLeaf(path: string): boolean {
  return /\/(emulator|vcpu\d+|iothread\d+)$/.test(path)
}

function passedOn(group: FakeGroup): readonly string[] {
  return (group.files['cgroup.subtree_control'] ?? '').split(' ').filter(Boolean)
}

function keyOf({ hierarchy }: Hierarchy, path: string): string {
  return `${hierarchy}:${path}`
}

function ancestors(path: string): readonly string[] {
  if (path === '/') return []
  const parts = path.split('/').slice(1)
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`)
}

function failure(code: string): Error {
  return Object.assign(new Error(code), { code })
}
