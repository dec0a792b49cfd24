import { GUEST_KERNEL_DIRECTORY } from './domain-xml.ts'
import { engines } from './host-arguments.ts'
import type { HostSpec } from './host-arguments.ts'

/** As on a host without the package systemd-container: a masked unit would make libvirt fail instead of doing without. */
const REMOVE_MACHINED = [
  'systemctl stop systemd-machined.service',
  'rm -f /usr/share/dbus-1/system-services/org.freedesktop.machine1.service',
  'rm -f /lib/systemd/system/systemd-machined.service /lib/systemd/system/dbus-org.freedesktop.machine1.service',
  'systemctl daemon-reload',
  'systemctl reload dbus',
].join('; ')

/** A shell script for the host, after each boot: it ends once the engines answer. May be run again. */
export function preparation(spec: HostSpec): string {
  const wanted = engines(spec)
  return [
    'set -eu',
    ...(spec.init === 'systemd'
      ? [
          'until systemctl is-system-running --wait >/tmp/lab-state 2>/dev/null || grep -q degraded /tmp/lab-state; do sleep 0.1; done',
          ...((spec.machined ?? true) ? [] : [REMOVE_MACHINED]),
          ...wanted.map(
            (engine) =>
              `systemctl enable --now ${engine === 'docker' ? 'docker.service' : 'podman.socket'} >/dev/null 2>&1`,
          ),
        ]
      : []),
    ...wanted.map((engine) => `until ${engine} info >/dev/null 2>&1; do sleep 0.1; done`),
    // Guests here run without KVM. A /dev/kvm that QEMU's user may not open would make libvirt probe QEMU at each start.
    'rm -f /dev/kvm',
    // Ids of Debian's nova user; the images keep to them.
    'install -d -o 64060 -g 64060 /var/lib/nova /var/lib/nova/instances',
    `install -d ${GUEST_KERNEL_DIRECTORY}`,
    `[ -e ${GUEST_KERNEL_DIRECTORY}/vmlinuz ] || cp /opt/guest/vmlinuz /opt/guest/initrd.gz /opt/guest/boot-sector /opt/guest/ping ${GUEST_KERNEL_DIRECTORY}/`,
    'grep -q localhost /etc/hosts || echo "127.0.0.1 localhost" >>/etc/hosts',
    'grep -q "$(hostname)" /etc/hosts || echo "127.0.0.1 $(hostname)" >>/etc/hosts',
  ].join('\n')
}
