/**
 * libvirt as a package of the host runs it: one daemon of systemd, its sockets, and the unit that shuts guests down with the
 * host. Only the one daemon for everything; the modular ones (virtqemud and its like) are not taken over.
 */
export const HOST_LIBVIRT = {
  service: 'libvirtd.service',
  program: '/usr/sbin/libvirtd',
  /** The first is there with every start of the service. */
  sockets: [
    'libvirtd.socket',
    'libvirtd-ro.socket',
    'libvirtd-admin.socket',
    'libvirtd-tcp.socket',
    'libvirtd-tls.socket',
  ],
  /** Its stop shuts every guest down, or saves it to disk (libvirt-guests(8)). */
  guests: 'libvirt-guests.service',
  /** What the daemon keeps on the host. */
  directories: ['/run/libvirt', '/var/lib/libvirt', '/etc/libvirt/qemu', '/var/log/libvirt'],
} as const

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
}>

/** Why the daemon cannot be taken over without a risk for its guests; undefined where it can. */
export function hostDaemonObstacle(unit: DaemonUnit): string | undefined {
  if (unit.loadState !== 'loaded') return `systemd has it as "${unit.loadState}"`
  if (unit.killMode !== 'process')
    return `its stop ends every process in its cgroup (KillMode=${unit.killMode}), and guests may be there`
  if (unit.stops.length > 0) return 'its stop runs commands of its own (ExecStop=, ExecStopPost=)'
  if (unit.runtimeDirectories.length > 0 && !unit.preservesRuntimeDirectories)
    return `its stop removes /run/${unit.runtimeDirectories[0]} (RuntimeDirectory=)`
  return undefined
}
