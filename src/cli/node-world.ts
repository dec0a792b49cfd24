import { existsSync } from 'node:fs'
import { cgroupRescuer, hostKernel, rescueRecords } from '../adapters/cgroup/index.ts'
import { dockerEngine } from '../adapters/docker/index.ts'
import { libvirtGuestFiles, libvirtGuestLogs, libvirtHypervisor } from '../adapters/libvirt/index.ts'
import { libvirtImages } from '../adapters/libvirt-image/index.ts'
import { podmanEngine } from '../adapters/podman/index.ts'
import { hostDisk, hostReader, procReader } from '../adapters/proc/index.ts'
import { systemdUnitReader, systemdUnits } from '../adapters/systemd/index.ts'
import { FileStateStore } from '../adapters/state/index.ts'
import { systemClock, systemReach } from '../adapters/system/index.ts'
import type { Engine, NodeWorld } from '../ports/index.ts'
import type { FlagTable, FlagValues } from './command.ts'
import { raise } from './errors.ts'

export const NODE_FLAGS = {
  engine: {
    kind: 'choice',
    values: ['docker', 'podman'],
    help: 'container engine; by default the one that is installed',
    environment: 'ANNEAL_ENGINE',
  },
  'engine-socket': {
    kind: 'text',
    placeholder: 'PATH',
    help: 'socket of the Docker engine',
    environment: 'ANNEAL_ENGINE_SOCKET',
  },
  state: {
    kind: 'text',
    placeholder: 'DIR',
    help: 'directory of the journal, the history and the releases',
    default: '/var/lib/anneal',
    environment: 'ANNEAL_STATE',
  },
} as const satisfies FlagTable

export type NodeFlags = FlagValues<typeof NODE_FLAGS>

const ENGINE_FILE = 'engine'

/** Remembers the engine of this node. */
export function keepEngine(world: NodeWorld): Promise<void> {
  return world.state.saveFile(ENGINE_FILE, world.engine.kind)
}

/** The real world of this machine. Throws NOT_ROOT where the answer would be only half of it. */
export async function openNode(flags: NodeFlags, action: string): Promise<NodeWorld> {
  const uid = process.getuid?.() ?? 0
  if (uid !== 0) throw raise('NOT_ROOT', { action, uid })
  const state = new FileStateStore(flags.state)
  // A node stays with the engine that its first release was deployed on.
  const chosen = (await state.readFile(ENGINE_FILE)) as NodeFlags['engine']
  const engine = openEngine({ ...flags, engine: flags.engine ?? chosen })
  const processes = procReader()
  return {
    engine,
    processes,
    host: hostReader({ table: () => processes.table() }),
    units: systemdUnitReader(),
    hypervisor: (place) => libvirtHypervisor({ sockets: [place.socket] }),
    guestFiles: (place) => libvirtGuestFiles(place.stateDir),
    guestLogs: libvirtGuestLogs(),
    rescuer: cgroupRescuer({ kernel: hostKernel(), units: systemdUnits(), records: rescueRecords() }),
    images: libvirtImages(engine, state),
    disk: hostDisk(),
    net: systemReach,
    clock: systemClock,
    state,
  }
}

export function openEngine(flags: Pick<NodeFlags, 'engine' | 'engine-socket'>): Engine {
  const socketPath = flags['engine-socket']
  // Podman is called as a program, and has no socket to name.
  const kind = flags.engine ?? (socketPath === undefined ? installedEngine() : 'docker')
  if (kind === 'podman') return podmanEngine()
  return dockerEngine(socketPath === undefined ? {} : { socketPath })
}

/** Its socket is away while the engine is down, and its containers may live on. */
const DOCKER = [
  '/run/docker.sock',
  '/var/run/docker.sock',
  '/usr/bin/dockerd',
  '/usr/sbin/dockerd',
  '/usr/local/bin/dockerd',
]
const PODMAN = ['/usr/bin/podman', '/usr/local/bin/podman']

/** The one that is there. With both, nothing is guessed: the person decides. */
function installedEngine(): 'docker' | 'podman' {
  const docker = process.env['DOCKER_HOST'] !== undefined || DOCKER.some((path) => existsSync(path))
  const podman = PODMAN.some((path) => existsSync(path))
  if (docker && podman) {
    throw raise('NO_ENGINE', { why: 'both Docker and Podman are here' })
  }
  if (docker) return 'docker'
  if (podman) return 'podman'
  throw raise('NO_ENGINE', { why: 'neither Docker nor Podman is here' })
}
