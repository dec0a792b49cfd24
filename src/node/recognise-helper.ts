import type { HelperKind } from './census.ts'
import type { Process } from './process.ts'

/**
 * How a process that guests need is recognised, and whom it serves:
 * `tied` to the guest it was started for; `logged`: the guests whose console goes through it; `all` of them.
 */
export type HelperRule = Readonly<{
  kind: Exclude<HelperKind, 'declared'>
  /** Basename of the executable. */
  exe: RegExp
  /** Some argument must match. */
  argument?: RegExp
  serves: 'tied' | 'logged' | 'all'
}>

export const HELPER_RULES: readonly HelperRule[] = [
  // libvirt's src/qemu/qemu_tpm.c, qemu_virtiofs.c, qemu_passt.c, qemu_slirp.c, qemu_nbdkit.c, qemu_dbus.c
  { kind: 'swtpm', exe: /^swtpm$/, serves: 'tied' },
  { kind: 'virtiofsd', exe: /^virtiofsd$/, serves: 'tied' },
  { kind: 'passt', exe: /^passt(\.avx2)?$/, serves: 'tied' },
  { kind: 'slirp', exe: /^slirp-helper$/, serves: 'tied' },
  { kind: 'nbdkit', exe: /^nbdkit$/, serves: 'tied' },
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
  { kind: 'virtlogd', exe: /^virtlogd$/, serves: 'logged' },
  { kind: 'virtlockd', exe: /^virtlockd$/, serves: 'all' },
]

export function recogniseHelper(process: Process): HelperRule | undefined {
  const exe = executableName(process)
  return HELPER_RULES.find(
    (rule) =>
      rule.exe.test(exe) &&
      (rule.argument === undefined || process.argv.some((argument) => rule.argument?.test(argument))),
  )
}

/** Basename of what runs, also where its file was removed meanwhile; argv[0] where /proc/PID/exe may not be read. */
export function executableName(process: Pick<Process, 'exe' | 'argv'>): string {
  const path = process.exe === '' ? (process.argv[0] ?? '') : executablePath(process)
  return path.slice(path.lastIndexOf('/') + 1)
}

/** The path that the executable has or had. */
export function executablePath(process: Pick<Process, 'exe'>): string {
  return process.exe.replace(/ \(deleted\)$/, '')
}

/** QEMU's system emulator, under the names that distributions give it. */
export function isEmulator(process: Process): boolean {
  return /^(qemu-system-.+|qemu-kvm|kvm)$/.test(executableName(process))
}
