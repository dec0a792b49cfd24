import { Host, VirtualHost } from '../../lab/index.ts'
import type { ComputeHost, HostSpec, NestedEngine } from '../../lab/index.ts'
import { placementsOn } from './placements.ts'
import type { Placement } from './placements.ts'

/**
 * What the cells run on. `machine`: containers with the machine's own cgroups. `cgroup-v2`: containers whose
 * /sys/fs/cgroup is cgroup v2. `vm`: a virtual machine with a Debian kernel of its own, where all controllers are on v2.
 */
export const BEDS = ['machine', 'cgroup-v2', 'vm'] as const

export type Bed = (typeof BEDS)[number]

const IMAGES = ['nova-libvirt:bookworm', 'nova-libvirt:bookworm-backports']

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

/** `kept`: one that an earlier run left will do. */
export async function hostFor(
  bed: Bed,
  engine: NestedEngine,
  init: HostSpec['init'],
  kept: Readonly<{ kept: boolean }>,
): Promise<ComputeHost> {
  if (bed === 'vm') {
    // One for both engines: with `kept` it boots once.
    const name = 'matrix-vm'
    const left = kept.kept ? VirtualHost.list().find((host) => host.name === name) : undefined
    return left ?? VirtualHost.up({ name, init: 'systemd', engine: 'both', images: IMAGES })
  }
  const name = `matrix-${bed === 'cgroup-v2' ? 'v2-' : ''}${engine}-${init}`
  const left = kept.kept ? (await Host.list()).find((host) => host.name === name) : undefined
  const spec: HostSpec = { name, init, engine, machined: init === 'systemd', images: IMAGES }
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
  const runtimes = await host.sh('runc --version | head -n 1; crun --version | head -n 1')
  const layout = await host.sh(
    'if [ -e /sys/fs/cgroup/cgroup.controllers ]; then echo "unified ($(cat /sys/fs/cgroup/cgroup.controllers))"; elif [ -d /sys/fs/cgroup/unified ]; then echo hybrid; else echo v1; fi; uname -r | cut -d- -f1',
  )
  const [cgroups = '', kernel = ''] = layout.trim().split('\n')
  return `${engineFacts}; ${runtimes.trim().replaceAll('\n', ', ')}; cgroups ${cgroups}; kernel ${kernel}`
}
