/** A service of systemd that is part of libvirt, with its sockets. */
export type LibvirtDaemon = Readonly<{
  service: string
  /** The first is there with every start of the service. */
  sockets: readonly string[]
  /** Guests, or what a network of theirs needs (dnsmasq), are its children: only `KillMode=process` leaves them alone. */
  hasChildren: boolean
}>

/** libvirt as packages of the host run it. */
export type HostLibvirt = Readonly<{
  /** The service that has the driver of QEMU, by which the whole is known. */
  service: string
  program: string
  /** What it listens on, below /run/libvirt. */
  socket: string
  /** In the order in which they stop. The last one has the driver of QEMU: once that is gone, the next libvirt may begin. */
  daemons: readonly LibvirtDaemon[]
}>

const SOCKETS = ['', '-ro', '-admin']

function daemonOf(name: string, more: Readonly<{ hasChildren?: true; remote?: true }> = {}): LibvirtDaemon {
  const kinds = more.remote === true ? [...SOCKETS, '-tcp', '-tls'] : SOCKETS
  return {
    service: `${name}.service`,
    sockets: kinds.map((kind) => `${name}${kind}.socket`),
    hasChildren: more.hasChildren === true,
  }
}

/** One daemon for everything: Debian’s and Ubuntu’s packages. */
export const MONOLITHIC: HostLibvirt = {
  service: 'libvirtd.service',
  program: '/usr/sbin/libvirtd',
  socket: 'libvirt-sock',
  daemons: [daemonOf('libvirtd', { hasChildren: true, remote: true })],
}

/**
 * A daemon for each driver: Fedora’s, RHEL’s and SUSE’s packages (https://libvirt.org/daemons.html). virtproxyd has the sockets of
 * libvirtd and passes on what it is asked. They are one libvirt: a libvirtd has all of these drivers, and each driver is locked
 * by who has it (driver.pid), so that it fails to start beside any of them.
 */
export const MODULAR: HostLibvirt = {
  service: 'virtqemud.service',
  program: '/usr/sbin/virtqemud',
  socket: 'virtqemud-sock',
  daemons: [
    daemonOf('virtproxyd', { remote: true }),
    daemonOf('virtinterfaced'),
    daemonOf('virtnetworkd', { hasChildren: true }),
    daemonOf('virtnodedevd'),
    daemonOf('virtnwfilterd'),
    daemonOf('virtsecretd'),
    daemonOf('virtstoraged'),
    daemonOf('virtqemud', { hasChildren: true }),
  ],
}

export const HOST_LIBVIRTS: readonly HostLibvirt[] = [MONOLITHIC, MODULAR]

/** Its stop shuts every guest down, or saves it to disk (libvirt-guests(8)). */
export const LIBVIRT_GUESTS = 'libvirt-guests.service'

/** What libvirt keeps on the host. */
export const LIBVIRT_DIRECTORIES = [
  '/run/libvirt',
  '/var/lib/libvirt',
  '/etc/libvirt/qemu',
  '/var/log/libvirt',
] as const

const PREFIX = 'systemd:'

/** The name that a daemon of the host has among containers. No engine gives a container a name with a colon. */
export function hostDaemonName(service: string): string {
  return `${PREFIX}${service}`
}

export function isHostDaemon(idOrName: string): boolean {
  return idOrName.startsWith(PREFIX)
}

/** A service of systemd, by what its stop does. */
export type DaemonUnit = Readonly<{
  /** `loaded`, `not-found`, `masked`, `error`, `bad-setting`. */
  loadState: string
  /** `process`: the stop ends the main process alone. */
  killMode: string
  /** Command lines that its stop runs. */
  stops: readonly string[]
  /** Directories below /run that systemd makes for it, and whether they stay when it stops. */
  runtimeDirectories: readonly string[]
  preservesRuntimeDirectories: boolean
  /** It has a /tmp and a /var/tmp of its own (`PrivateTmp=`), and so have the guests that it starts. */
  hasPrivateTmp: boolean
}>

/** Why the daemon cannot be taken over without a risk for its guests; undefined where it can. */
export function hostDaemonObstacle(
  unit: DaemonUnit,
  { hasChildren }: Pick<LibvirtDaemon, 'hasChildren'>,
): string | undefined {
  if (unit.loadState !== 'loaded') return `systemd has it as "${unit.loadState}"`
  if (hasChildren && unit.killMode !== 'process')
    return `its stop ends every process in its cgroup (KillMode=${unit.killMode}), and guests may be there`
  if (unit.stops.length > 0) return 'its stop runs commands of its own (ExecStop=, ExecStopPost=)'
  if (unit.runtimeDirectories.length > 0 && !unit.preservesRuntimeDirectories)
    return `its stop removes /run/${unit.runtimeDirectories[0]} (RuntimeDirectory=)`
  if (unit.hasPrivateTmp)
    return 'its stop removes its own /tmp and /var/tmp with all that guests have there, as disks (PrivateTmp=)'
  return undefined
}
