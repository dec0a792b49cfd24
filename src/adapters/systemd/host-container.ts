import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { join } from 'node:path'

import { LIBVIRT_DIRECTORIES, hostDaemonName, hostDaemonObstacle } from '../../node/index.ts'
import type { Container, HostLibvirt } from '../../node/index.ts'
import { daemonUnit, isDisarmed, isUp, mainOf, rivalOf, value } from './host-units.ts'
import type { HostUnits } from './host-units.ts'

/** libvirt of the host as the container that it is taken over as. */
export function hostContainer(libvirt: HostLibvirt, units: HostUnits, root: string): Container {
  const name = hostDaemonName(libvirt.service)
  const isListening = mainOf(libvirt).sockets.some((socket) => isUp(units, socket))
  const isArmed = [...units.keys()].every((unit) => !isDisarmed(units, unit))
  const isRunning = isUp(units, libvirt.service)
  const obstacle = obstacleOf(libvirt, units)
  const rival = rivalOf(libvirt, units)
  return {
    id: name,
    name,
    // Who connects to a socket has the daemon started.
    status: isRunning || isListening ? 'running' : 'exited',
    pid: isRunning ? Number(value(units.get(libvirt.service), 'MainPID')) : 0,
    exitCode: undefined,
    startedAt: new Date(0).toISOString(),
    imageId: hostDaemonName(programsDigest(libvirt, root)),
    image: name,
    labels: {},
    runtime: 'systemd',
    runtimeFamily: 'unknown',
    runtimeVersion: undefined,
    privileged: true,
    pidMode: 'host',
    cgroupnsMode: 'host',
    networkMode: 'host',
    mounts: LIBVIRT_DIRECTORIES.map((path) => ({
      type: 'bind',
      source: path,
      target: path,
      readOnly: false,
    })),
    environmentNames: [],
    restartPolicy: isArmed ? 'always' : 'no',
    cgroupPaths: undefined,
    hostUnit: {
      unit: obstacle?.unit ?? libvirt.service,
      ...(obstacle === undefined ? {} : { obstacle: obstacle.why }),
      ...(rival === undefined ? {} : { rival }),
    },
    health: 'none',
    rootUpperDir: undefined,
    entrypoint: [libvirt.program],
    command: [],
    stopSignal: 'SIGTERM',
  }
}

/** The first of its daemons whose stop would reach more than the daemon; one that is missing or masked is none. */
export function obstacleOf(
  libvirt: HostLibvirt,
  units: HostUnits,
): Readonly<{ unit: string; why: string }> | undefined {
  for (const daemon of libvirt.daemons) {
    const unit = daemon.service
    const read = daemonUnit(units, unit)
    if (unit !== libvirt.service && /^(masked)?$/.test(read.loadState)) continue
    const why = hostDaemonObstacle(read, daemon)
    if (why !== undefined) return { unit, why }
  }
  return undefined
}

/** The programs by size and time: what they answered once holds until they change. */
function programsDigest({ program }: HostLibvirt, root: string): string {
  const hash = createHash('sha256')
  for (const path of [program, '/usr/bin/qemu-system-x86_64', '/usr/bin/virsh']) {
    const stat = statSync(join(root, path), { throwIfNoEntry: false })
    hash.update(`${path} ${stat?.size ?? 0} ${stat?.mtimeMs ?? 0} ${stat?.ino ?? 0}\n`)
  }
  return hash.digest('hex')
}
