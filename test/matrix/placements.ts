import type { ByHand, HostSpec } from '../../lab/index.ts'
import type { Stage } from './bed.ts'

/** Where a guest ends up, seen from the container its libvirt runs in. */
export type Placement = Readonly<{
  name: string
  host: HostSpec['init']
  without: NonNullable<ByHand['without']>
  /** `ours`: the image's libvirt hook works. `none`: masked, as in images that have no such hook. */
  hook: 'ours' | 'none'
  /** `anneal node rescue` is run before the fault. */
  rescued: boolean
  /**
   * Command instead of libvirtd. `reaper`: below a first process that reaps, which a private pid namespace needs.
   * `leaf`: in a group below the container's own, with the controllers passed on, as systemd in a container does.
   */
  command?: keyof typeof COMMANDS
  about: string
}>

const PLACEMENTS: readonly Placement[] = [
  {
    name: 'libvirt-default',
    host: 'plain',
    without: ['dbus'],
    hook: 'none',
    rescued: false,
    about:
      'no systemd, no machined; host pid, host network, privileged, cgroup bind, host cgroup namespace. libvirt moves the guest only in the hierarchies that it manages',
  },
  {
    name: 'private-cgroupns',
    host: 'systemd',
    without: ['host cgroup namespace', 'dbus'],
    hook: 'none',
    rescued: false,
    about: 'systemd host; the container has a cgroup namespace of its own and no way to machined',
  },
  {
    name: 'no-cgroup-bind',
    host: 'systemd',
    without: ['cgroup bind'],
    hook: 'none',
    rescued: false,
    about:
      'systemd host with D-Bus; /sys/fs/cgroup is not bound, so libvirt sees only the container’s own groups and puts the guest below them',
  },
  {
    name: 'machined',
    host: 'systemd',
    without: [],
    hook: 'ours',
    rescued: false,
    about: 'systemd host, every bind of the shipped release: machined gives the guest a scope of its own',
  },
  {
    name: 'rescue',
    host: 'plain',
    without: ['dbus'],
    hook: 'none',
    rescued: true,
    about: '`libvirt-default`, then `anneal node rescue`: the guest is moved to plain cgroups of the host',
  },
  {
    name: 'rescue-systemd',
    host: 'systemd',
    without: ['cgroup bind'],
    hook: 'none',
    rescued: true,
    about: '`no-cgroup-bind`, then `anneal node rescue`: the guest is moved to a scope of systemd',
  },
  {
    name: 'hook',
    host: 'plain',
    without: ['dbus'],
    hook: 'ours',
    rescued: false,
    about:
      '`libvirt-default` with the shipped image’s libvirt hook: the guest is placed outside from its start',
  },
  {
    name: 'private-pid',
    host: 'systemd',
    without: ['host pid', 'dbus'],
    hook: 'ours',
    rescued: false,
    command: 'reaper',
    about:
      'negative control: the container has a pid namespace of its own, and the kernel ends it with its first process',
  },
]

/**
 * On cgroup v2 a container with the host's cgroup namespace sees the whole tree, also where nothing is bound, and
 * libvirt puts the guest outside. One with a namespace and a tree of its own keeps it; but while libvirtd is in the root
 * of that tree, no controller can be passed on below it, and where there are any libvirt starts no guest.
 */
const OWN_TREE: Placement = {
  name: 'own-cgroup-tree',
  host: 'systemd',
  without: ['host cgroup namespace', 'cgroup bind', 'dbus'],
  hook: 'none',
  rescued: false,
  command: 'leaf',
  about:
    'systemd host; the engine’s default on cgroup v2, a cgroup namespace of its own, and nothing bound: all that libvirt can see is below the container',
}

/** The same placements where /sys/fs/cgroup is cgroup v2; those to be rescued begin where a guest is endangered. */
export function placementsOn(cgroups: 'v1' | 'v2'): readonly Placement[] {
  if (cgroups === 'v1') return PLACEMENTS
  return PLACEMENTS.flatMap((placement) => {
    if (placement.name === 'no-cgroup-bind') return [placement, OWN_TREE]
    const { without, command } = OWN_TREE
    return [placement.rescued ? { ...placement, without, ...(command && { command }) } : placement]
  })
}

const COMMANDS = {
  reaper: [
    'bash',
    '-c',
    'trap "kill %1" TERM; /usr/local/bin/nova-libvirt libvirtd & wait; kill -0 %1 2>/dev/null && wait',
  ],
  leaf: [
    'bash',
    '-c',
    'cd /sys/fs/cgroup && mkdir -p leaf && echo 0 >leaf/cgroup.procs && for one in $(cat cgroup.controllers); do echo "+$one" >cgroup.subtree_control; done; exec /usr/local/bin/nova-libvirt libvirtd',
  ],
} as const

/** How an operator would start that libvirt by hand. */
export function containerOf(
  placement: Placement,
  { engine, libvirts }: Pick<Stage, 'engine' | 'libvirts'>,
  name: string,
): ByHand {
  return {
    name,
    engine,
    image: `nova-libvirt:${libvirts.now}`,
    stdioHandler: 'file',
    without: placement.without,
    extra: [
      // libvirt's cache of what QEMU can do: probing it anew for each container is most of a start.
      '--volume',
      '/var/cache/libvirt:/var/cache/libvirt',
      ...(placement.hook === 'ours' ? [] : ['--volume', '/bin/true:/etc/libvirt/hooks/qemu:ro']),
      // Nothing may bring the container back behind the cell's back.
      '--restart=no',
    ],
    ...(placement.command === undefined ? {} : { command: COMMANDS[placement.command] }),
  }
}
