import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hierarchies, removeTree } from './engine.ts'
import { raise } from './errors.ts'

/**
 * A host whose /sys/fs/cgroup is cgroup v2, also on a machine that has v1. Which version it is, is a matter of what is
 * mounted there: runc, crun, systemd, libvirt and Anneal all ask statfs(2) or look for `cgroup.controllers`. A machine
 * with v1 nearly always has the v2 hierarchy too, without most of the controllers, which the kernel gives to one
 * version only. What such a host is not: with controllers of v2 for CPU and memory, and rid of the lines of v1 in
 * /proc/PID/cgroup (all of them `/`, seen from inside).
 */
const ROOT = '/sys/fs/cgroup'

/** The machine itself has nothing but cgroup v2. */
export function machineIsV2(): boolean {
  return existsSync(join(ROOT, 'cgroup.controllers'))
}

/** First process of such a host: puts v2 in the place of what the engine mounted, then goes on as what follows it. */
export const V2_INIT = [
  'sh',
  '-euc',
  `umount -R ${ROOT}; mount -t cgroup2 cgroup2 ${ROOT}; exec "$@"`,
  'sh',
] as const

/** Parent of the host's control group: its own, as controllers are handed down from parents. */
export function cgroupParent(host: string): string {
  return `/anneal-lab-v2-${host}`
}

/**
 * Makes the parent, and hands the controllers that v2 has down to it: libvirt takes a v2 without any controller for
 * systemd's register of processes, and does without control groups. Throws LAB_NO_CGROUP_V2.
 */
export function delegateV2(host: string): void {
  const root = unifiedRoot()
  const controllers = root === undefined ? [] : controllersOf(root)
  if (root === undefined || controllers.length === 0) {
    throw raise('LAB_NO_CGROUP_V2', { name: host, mounted: root ?? 'nowhere' })
  }
  const parent = join(root, cgroupParent(host))
  mkdirSync(parent, { recursive: true })
  for (const group of [root, parent]) writeControllers(group, controllers, '+')
}

/** Takes back what `delegateV2` did. What others use stays: the kernel refuses to take it away. */
export function removeV2(host: string): void {
  for (const hierarchy of hierarchies()) removeTree(join(hierarchy, cgroupParent(host)))
  const root = unifiedRoot()
  if (root !== undefined) writeControllers(root, controllersOf(root), '-')
}

/**
 * Programs to put before a program that is to run on such a host. `docker exec` would put it into the root group of
 * its v2, where nothing is on a real machine: an engine inside that passes on a controller empties that group first,
 * and from then on it takes no process (cgroup-v2.rst, "No Internal Process Constraint").
 *
 * It gets no capability that the host's own services lack: Docker 20.10 grants a privileged container those up to number 37, and the
 * machine has more. Podman gives a privileged container what its maker has; a unit that has less could not start it.
 */
export function entryV2(
  host: string,
  container: Readonly<{ id: string; pid: number }>,
  environment: Readonly<Record<string, string>> = {},
): readonly string[] {
  const script = `for group in ${ROOT}/*${cgroupParent(host)}/"$1"; do
      [ ! -e "$group/cgroup.kill" ] || { group=$group/lab; mkdir -p "$group"; }
      echo 0 >"$group/cgroup.procs"
    done
    pid=$2; shift 2
    bounding() { sed -n 's/^CapBnd:[[:space:]]*/0x/p' "/proc/$1/status"; }
    more=$(($(bounding self) & ~$(bounding "$pid"))) bit=0 drop=
    while [ $((more >> bit)) -ne 0 ]; do
      [ $((more >> bit & 1)) -eq 0 ] || drop="$drop,-cap_$bit"
      bit=$((bit + 1))
    done
    exec \${drop:+setpriv --bounding-set "\${drop#,}"} nsenter --target "$pid" --mount --uts --ipc --net --pid --cgroup --root --wd -- env --ignore-environment "$@"`
  // With a socket for its input and no SHLVL, bash takes itself for a remote shell and reads its start-up file.
  const variables = {
    PATH: PROGRAMS,
    HOME: '/root',
    TERM: 'dumb',
    SHLVL: '1',
    container: 'docker',
    ...environment,
  }
  const shell = ['sh', '-euc', script, 'sh', container.id, String(container.pid)]
  return [...shell, ...Object.entries(variables).map(([name, value]) => `${name}=${value}`)]
}

const PROGRAMS = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

function unifiedRoot(): string | undefined {
  return hierarchies().find((mountPoint) => existsSync(join(mountPoint, 'cgroup.controllers')))
}

function controllersOf(group: string): readonly string[] {
  return readFileSync(join(group, 'cgroup.controllers'), 'utf8').split(/\s+/).filter(Boolean)
}

/** One by one: those that cannot be had (or taken away) do not hold up the others. */
function writeControllers(group: string, controllers: readonly string[], sign: '+' | '-'): void {
  for (const controller of controllers) {
    try {
      writeFileSync(join(group, 'cgroup.subtree_control'), `${sign}${controller}`)
    } catch {
      // In use (EBUSY), or not for this group.
    }
  }
}
