import type { Census } from '../guests/index.ts'
import type { Container } from '../container.ts'
import type { HostFacts } from '../host-facts.ts'
import type { Endangered } from './kill-set.ts'
import { hostPathOf } from '../host-path.ts'
import { isUnknownToMachined } from '../guests/index.ts'

/**
 * Guests that the next libvirt would end. On re-attachment a libvirt that reaches machined asks it for the guest's unit
 * (virSystemdGetMachineUnitByPID), and where machined knows none it takes the guest's cgroup for lost and stops the
 * guest (virCgroupNewDetectMachine, qemuProcessReconnect). So a guest that was started by a libvirt without D-Bus must
 * be registered before a libvirt with D-Bus starts.
 */
export function findUnregistered(
  census: Census,
  next: Readonly<{ container: string; mounts: Container['mounts'] }>,
  host: Pick<HostFacts, 'systemdIsInit' | 'machinedActivatable'>,
): readonly Endangered[] {
  const reachesMachined =
    host.systemdIsInit && host.machinedActivatable && hostPathOf(next.mounts, '/run/dbus') !== undefined
  if (!reachesMachined) return []
  return census.guests
    .filter((guest) => isUnknownToMachined(guest))
    .map((guest) => ({
      kind: 'guest',
      subject: guest.uuid,
      name: guest.name,
      pid: guest.identity.pid,
      containerName: next.container,
      mechanisms: ['unregisteredMachine'],
      evidence: guest.identity.cgroups.find(({ path }) => path.includes('.libvirt-qemu'))?.path ?? 'no scope',
      rescuable: true,
    }))
}
