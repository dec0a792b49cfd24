import type { GuestFiles } from '../../ports/index.ts'
import type { LibvirtPlace, Process, StatusFile } from '../../node/index.ts'
import type { SimulatedGuest } from './simulated-guest.ts'

/** What /proc and libvirt’s directory show of a simulated node. */
export function guestProcess(guest: SimulatedGuest): Process {
  const argv = [guest.emulator, '-name', `guest=${guest.name},debug-threads=on`, '-uuid', guest.uuid]
  return processOf(guest.pid, 'qemu-system-x86', guest.inside, argv)
}

export function processOf(
  pid: number,
  name: string,
  containerId: string | undefined,
  argv: readonly string[],
): Process {
  const path = containerId === undefined ? `/machine/${name}-${pid}` : `/docker/${containerId}`
  return {
    pid,
    startTicks: pid * 10,
    ppid: 1,
    name,
    exe: argv[0] ?? `/usr/sbin/${name}`,
    exeInode: '1:2',
    argv,
    uid: 0,
    namespaces: { pid: 1, mnt: 2, net: 3, cgroup: 4, ipc: 5 },
    cgroups: [
      { hierarchy: 2, controllers: ['devices'], path },
      { hierarchy: 1, controllers: ['name=systemd'], path },
    ],
  }
}

export function statusFile(guest: SimulatedGuest, place: Pick<LibvirtPlace, 'stateDir'>): StatusFile {
  const flags = guest.flags.map((flag) => `    <flag name='${flag}'/>\n`).join('')
  return {
    name: guest.name,
    path: `${place.stateDir}/qemu/${guest.name}.xml`,
    xml: `<domstatus>\n  <qemuCaps>\n${flags}  </qemuCaps>\n</domstatus>\n`,
    uuid: guest.uuid,
    pid: guest.pid,
    domainId: 1,
    state: 'running',
    capabilityFlags: guest.flags,
    emulator: '/usr/bin/qemu-system-x86_64',
    machineType: 'pc-i440fx-7.2',
    consoleLogs: [],
    files: [],
    storagePools: [],
  }
}

/** A simulated libvirt has its guests, and nothing beside them. */
export const NOTHING_ELSE: Pick<GuestFiles, 'pools' | 'definitions' | 'recordsIn'> = {
  pools: () => Promise.resolve([]),
  definitions: () => Promise.resolve([]),
  recordsIn: () => Promise.resolve([]),
}
