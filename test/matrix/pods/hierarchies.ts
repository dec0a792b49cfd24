import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseCgroupLines } from '../../../src/node/index.ts'

/** A mounted cgroup hierarchy of this host. */
export type Hierarchy = Readonly<{
  /** A controller of v1 (`devices`, `name=systemd`), `''` for v2. */
  name: string
  mount: string
}>

const CONTROLLERS =
  /^(blkio|cpu|cpuacct|cpuset|devices|freezer|hugetlb|memory|net_cls|net_prio|perf_event|pids|rdma|misc|name=.*)$/

/** Each once, also where several controllers share it. */
export function mountedHierarchies(): readonly Hierarchy[] {
  const found = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .flatMap((line): Hierarchy[] => {
      const [before = '', after = ''] = line.split(' - ')
      const [type, , options = ''] = after.split(' ')
      const mount = before.split(' ')[4] ?? ''
      if (type === 'cgroup2') return [{ name: '', mount }]
      if (type !== 'cgroup') return []
      const name = options.split(',').find((option) => CONTROLLERS.test(option))
      return name === undefined ? [] : [{ name, mount }]
    })
    .filter(({ mount }) => mount.startsWith('/sys/fs/cgroup'))
  return [...new Map(found.map((one) => [one.name, one])).values()]
}

/** Where the process is in that hierarchy. */
export function groupOf(pid: number, { name }: Hierarchy): string {
  const lines = parseCgroupLines(readFileSync(`/proc/${pid}/cgroup`, 'utf8'))
  const line = lines.find((one) => (name === '' ? one.hierarchy === 0 : one.controllers.includes(name)))
  if (line === undefined) throw new Error(`process ${pid} is in no hierarchy "${name}"`)
  return line.path
}

/** Moves a process; a group that is not there is made. */
export function moveTo(pid: number, hierarchy: Hierarchy, path: string): void {
  const group = join(hierarchy.mount, path)
  mkdirSync(group, { recursive: true })
  if (hierarchy.name === 'cpuset') fillCpuset(group, hierarchy.mount)
  writeFileSync(join(group, 'cgroup.procs'), String(pid))
}

/** A group of v1 without processors or memory takes no process (cgroup-v1/cpusets.rst). */
function fillCpuset(group: string, root: string): void {
  if (group !== root) fillCpuset(dirname(group), root)
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    if (readFileSync(join(group, file), 'utf8').trim() !== '') continue
    writeFileSync(join(group, file), readFileSync(join(dirname(group), file), 'utf8'))
  }
}
