import type { HelperKind } from './census.ts'
import type { Process } from '../process.ts'

/**
 * How a process that guests need is recognised, and whom it serves:
 * `tied` to the guest it was started for; `onlyTied`: nobody's where no guest can be told; `logged`: the guests whose
 * console goes through it; `vhostUser`: the guests with a device of that kind; `all` of them.
 */
export type HelperRule = Readonly<{
  kind: Exclude<HelperKind, 'declared' | 'machine' | 'peer' | 'companion' | 'file-system'>
  /** Basename of the executable. */
  exe: RegExp
  /** Some argument must match. */
  argument?: RegExp
  serves: 'tied' | 'onlyTied' | 'logged' | 'vhostUser' | 'all'
}>

/** It may have rewritten its arguments to a title, which names it as well. */
const STATE_CHANGE = /neutron-keepalived-state-change/

const HELPER_RULES: readonly HelperRule[] = [
  // libvirt's src/qemu/qemu_tpm.c, qemu_virtiofs.c, qemu_passt.c, qemu_slirp.c, qemu_nbdkit.c, qemu_dbus.c
  { kind: 'swtpm', exe: /^swtpm$/, serves: 'tied' },
  { kind: 'virtiofsd', exe: /^virtiofsd$/, serves: 'tied' },
  { kind: 'passt', exe: /^passt(\.avx2)?$/, serves: 'tied' },
  { kind: 'slirp', exe: /^slirp-helper$/, serves: 'tied' },
  // Podman starts one too, for a container.
  { kind: 'slirp', exe: /^slirp4netns$/, serves: 'onlyTied' },
  { kind: 'nbdkit', exe: /^nbdkit$/, serves: 'tied' },
  // With the kernel's block device (/dev/nbd0) they are what a guest's disk hangs on, and may have nothing large open.
  { kind: 'qemu-nbd', exe: /^(qemu-nbd|nbd-client|rbd-nbd)$/, serves: 'tied' },
  { kind: 'qemu-storage-daemon', exe: /^qemu-storage-daemon$/, serves: 'tied' },
  { kind: 'qemu-pr-helper', exe: /^qemu-pr-helper$/, serves: 'tied' },
  // Open vSwitch with DPDK, VPP, SPDK, and the backends of QEMU and rust-vmm.
  {
    kind: 'vhost-user',
    exe: /^(ovs-vswitchd.*|vpp|vpp_main|spdk_tgt|vhost|vhost-user-.+|vhost-device-.+|virtiofsd-.+)$/,
    serves: 'vhostUser',
  },
  { kind: 'dbus', exe: /^dbus-daemon$/, argument: /\/qemu\/dbus\//, serves: 'tied' },
  // The networks of libvirt (bridge_driver.c), Neutron (agent/linux/dhcp.py) and nova-network (linux_net.py):
  // not the dnsmasq of a desktop or of another product.
  {
    kind: 'dnsmasq',
    exe: /^dnsmasq$/,
    argument:
      /\/libvirt\/dnsmasq\/|libvirt_leaseshelper|\/neutron\/dhcp\/|\/nova\/networks\/|nova-dhcpbridge/,
    serves: 'all',
  },
  // Metadata for guests, of Neutron's agents and OVN's (agent/metadata/driver_base.py).
  {
    kind: 'haproxy',
    exe: /^haproxy$/,
    argument: /ns-metadata-proxy|ovn-metadata|\/neutron\//,
    serves: 'all',
  },
  // Routers on compute nodes, of Neutron's L3 agent (agent/linux: ra.py, keepalived.py, conntrackd.py, dibbler.py; agent/l3/ha_router.py).
  { kind: 'radvd', exe: /^radvd$/, argument: /\/neutron\/ra\//, serves: 'all' },
  { kind: 'keepalived', exe: /^keepalived$/, argument: /\/neutron\/ha_confs\//, serves: 'all' },
  { kind: 'keepalived', exe: /^python3?(\.\d+)?$/, argument: STATE_CHANGE, serves: 'all' },
  { kind: 'conntrackd', exe: /^conntrackd$/, argument: /\/neutron\/ha_confs\//, serves: 'all' },
  { kind: 'dibbler', exe: /^dibbler-client$/, argument: /\/neutron\/pd\//, serves: 'all' },
  // It ends the guests whose leases it can no longer renew, and the watchdog that it feeds resets the host.
  { kind: 'sanlock', exe: /^sanlock$/, argument: /^daemon$/, serves: 'all' },
  { kind: 'virtlogd', exe: /^virtlogd$/, serves: 'logged' },
  { kind: 'virtlockd', exe: /^virtlockd$/, serves: 'all' },
]

/** Helpers that outlive any one guest: among a guest's own processes they would end with it. */
export const SHARED_HELPERS: ReadonlySet<HelperKind> = new Set<HelperKind>([
  'dnsmasq',
  'haproxy',
  'radvd',
  'keepalived',
  'conntrackd',
  'dibbler',
  'sanlock',
  'virtlogd',
  'virtlockd',
  'vhost-user',
  'qemu-nbd',
  'qemu-storage-daemon',
  'qemu-pr-helper',
  'peer',
  'file-system',
  'declared',
  'machine',
])

export function recogniseHelper(process: Process): HelperRule | undefined {
  const exe = executableName(process)
  return HELPER_RULES.find(
    (rule) =>
      rule.exe.test(exe) &&
      (rule.argument === undefined || process.argv.some((argument) => rule.argument?.test(argument))),
  )
}

/**
 * Basename of what runs, also where its file was removed meanwhile; argv[0] where /proc/PID/exe may not be read. NixOS keeps
 * a program that it wraps as `.NAME-wrapped`.
 */
export function executableName(process: Pick<Process, 'exe' | 'argv'>): string {
  const path = process.exe === '' ? (process.argv[0] ?? '') : executablePath(process)
  return path.slice(path.lastIndexOf('/') + 1).replace(/^\.(.+?)(-wrapped_?)+$/, '$1')
}

/** The path that the executable has or had. */
export function executablePath(process: Pick<Process, 'exe'>): string {
  return process.exe.replace(/ \(deleted\)$/, '')
}

/** QEMU's system emulator, under the names that distributions give it. */
export function isEmulator(process: Process): boolean {
  return /^(qemu-system-.+|qemu-kvm|kvm)$/.test(executableName(process))
}

/** libvirt's own daemons, the modular ones too: not the helpers that are called alike. */
export function isLibvirt(process: Process): boolean {
  return /^(libvirtd|virt[a-z]+d)$/.test(executableName(process)) && recogniseHelper(process) === undefined
}
