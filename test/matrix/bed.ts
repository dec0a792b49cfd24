import { DEFAULT_SUITE, Host, VirtualHost } from '../../lab/index.ts'
import type { ComputeHost, HostSpec, NestedEngine, Suite } from '../../lab/index.ts'
import type { Boots } from './guest.ts'
import { placementsOn } from './placements.ts'
import type { Placement } from './placements.ts'

/**
 * What the cells run on. `machine`: containers with the machine's own cgroups. `cgroup-v2`: containers whose
 * /sys/fs/cgroup is cgroup v2. `vm`: a virtual machine with a Debian kernel of its own, where all controllers are on v2.
 */
export const BEDS = ['machine', 'cgroup-v2', 'vm'] as const

export type Bed = (typeof BEDS)[number]

/** Images of nova-libvirt: the one that an operator started by hand, and the one that the upgrade brings. */
export type Libvirts = Readonly<{ now: string; next: string }>

/** Tags of nova-libvirt. Cells run the libvirt of their host's suite; where none newer follows it, one older. */
export const LIBVIRT_TAGS: Readonly<Record<Suite, Libvirts>> = {
  bullseye: { now: 'bullseye', next: 'bookworm' },
  bookworm: { now: 'bookworm', next: 'bookworm-backports' },
  trixie: { now: 'trixie', next: 'forky' },
  forky: { now: 'trixie', next: 'forky' },
  sid: { now: 'forky', next: 'sid' },
  experimental: { now: 'forky', next: 'sid' },
}

/** Where the cells of one engine run. */
export type Stage = Readonly<{ host: ComputeHost; engine: NestedEngine; boots: Boots; libvirts: Libvirts }>

export type HostChoice = Readonly<{
  bed: Bed
  suite: Suite
  engine: NestedEngine
  init: HostSpec['init']
  libvirts: Libvirts
  /** One that an earlier run left will do. */
  kept: boolean
}>

/**
 * The virtual machine boots systemd, and nothing else: what is `plain` elsewhere runs there too, in a container that has
 * no way to machined. systemd mounts v2 with `nsdelegate`, by which no process leaves its cgroup namespace: in
 * `private-cgroupns` libvirt cannot place a guest there, and starts none. `rescue` would be `rescue-systemd` again.
 */
export function placementsIn(bed: Bed): readonly Placement[] {
  if (bed === 'machine') return placementsOn('v1')
  if (bed === 'cgroup-v2') return placementsOn('v2')
  return placementsOn('v2')
    .filter(({ name }) => name !== 'private-cgroupns' && name !== 'rescue')
    .map((placement) => ({ ...placement, host: 'systemd' }))
}

/** Whether the engines' cells may run at the same time: on one host they would share libvirt's state. */
export function sideBySide(bed: Bed): boolean {
  return bed !== 'vm'
}

export async function hostFor(choice: HostChoice): Promise<ComputeHost> {
  const { bed, suite, engine, init, kept } = choice
  const images = [choice.libvirts.now, choice.libvirts.next].map((tag) => `nova-libvirt:${tag}`)
  const prefix = suite === DEFAULT_SUITE ? 'matrix' : `matrix-${suite}`
  if (bed === 'vm') {
    // One for both engines: with `kept` it boots once.
    const name = `${prefix}-vm`
    const left = kept ? VirtualHost.list().find((host) => host.name === name) : undefined
    return left ?? VirtualHost.up({ name, suite, init: 'systemd', engine: 'both', images })
  }
  const name = `${prefix}-${bed === 'cgroup-v2' ? 'v2-' : ''}${engine}-${init}`
  const left = kept ? (await Host.list()).find((host) => host.name === name) : undefined
  const spec: HostSpec = { name, suite, init, engine, machined: init === 'systemd', images }
  const host = left ?? (await Host.up(bed === 'cgroup-v2' ? { ...spec, cgroups: 'v2' } : spec))
  // crun, Debian's default, refuses a hybrid cgroup layout that it meets with no systemd to hide it.
  if (bed === 'machine' && engine === 'podman' && init === 'plain') {
    await host.sh(
      'mkdir -p /etc/containers/containers.conf.d; printf "[engine]\\nruntime = \\"runc\\"\\n" >/etc/containers/containers.conf.d/runtime.conf',
    )
  }
  return host
}

/** What its engines say of themselves. */
export async function factsOf(host: ComputeHost, engine: NestedEngine): Promise<string> {
  const format =
    engine === 'docker'
      ? 'docker {{.ServerVersion}}, {{.DefaultRuntime}} (runc), cgroup driver {{.CgroupDriver}}'
      : 'podman {{.Version.Version}}, {{.Host.OCIRuntime.Name}}, cgroup driver {{.Host.CgroupManager}}'
  const engineFacts = (await host.must([engine, 'info', '--format', format])).trim()
  // sed reads to the end: newer runtimes die of a pipe that is closed.
  const runtimes = await host.sh(
    'for one in runc crun containerd conmon; do "$one" --version 2>/dev/null | sed -n 1p; done; systemctl --version | sed -n "1s/ (.*//p"',
  )
  const layout = await host.sh(
    'if [ -e /sys/fs/cgroup/cgroup.controllers ]; then echo "unified ($(cat /sys/fs/cgroup/cgroup.controllers))"; elif [ -d /sys/fs/cgroup/unified ]; then echo hybrid; else echo v1; fi; uname -r | cut -d- -f1',
  )
  const [cgroups = '', kernel = ''] = layout.trim().split('\n')
  return `${engineFacts}; ${runtimes.trim().replaceAll('\n', ', ')}; cgroups ${cgroups}; kernel ${kernel}`
}
