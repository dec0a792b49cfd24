import type { Guest } from './census.ts'
import { guestCgroup } from './guest-cgroup.ts'
import type { CgroupLine } from '../process.ts'

/**
 * Whether a libvirt that finds systemd-machined kills this guest when it starts: the guest has the cgroup that libvirt
 * gives one without machined, so it is recognised, and then machined is asked for it in vain, which libvirt takes for a
 * failed reconnection (virCgroupNewDetectMachine and qemuProcessReconnect; seen with 9.0.0). It comes about where the old
 * libvirt had no way to the system bus and the new one has, or where machined was installed meanwhile.
 */
export function isUnknownToMachined(guest: Guest): boolean {
  return guest.machine === undefined && guest.identity.cgroups.some(isPartition)
}

/** Whether some thread lies in a cgroup that libvirt makes where it does without machined. */
export function isInPartition(
  process: Readonly<{ threads: readonly Readonly<{ cgroups: readonly CgroupLine[] }>[] }>,
): boolean {
  return process.threads.some(({ cgroups }) => cgroups.some(isPartition))
}

function isPartition({ path }: CgroupLine): boolean {
  return guestCgroup(path)?.endsWith('.libvirt-qemu') === true
}
