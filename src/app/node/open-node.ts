import { existsSync } from 'node:fs'
import { cgroupRescuer, hostKernel, rescueRecords } from '../../adapters/cgroup/index.ts'
import { CONTAINERD_SOCKET, criEngine, raiseCri } from '../../adapters/cri/index.ts'
import { dockerEngine } from '../../adapters/docker/index.ts'
import { cronJobReader } from '../../adapters/cron/index.ts'
import { libvirtGuestFiles, libvirtGuestLogs, libvirtHypervisor } from '../../adapters/libvirt/index.ts'
import { libvirtImages } from '../../adapters/libvirt-image/index.ts'
import { podmanEngine } from '../../adapters/podman/index.ts'
import { hostDisk, hostReader, procReader } from '../../adapters/proc/index.ts'
import {
  systemdUnitControl,
  systemdUnits,
  withHostDaemons,
  withUnitContainers,
} from '../../adapters/systemd/index.ts'
import { FileStateStore } from '../../adapters/state/index.ts'
import { systemClock, systemReach } from '../../adapters/system/index.ts'
import { ENGINE_KINDS } from '../../node/index.ts'
import type { EngineKind } from '../../node/index.ts'
import type { Cluster, Engine, NodeEngine, NodeWorld, StateStore } from '../../ports/index.ts'
import { refersTo } from '../../runtime/node/index.ts'
import type { Environment } from '../environment.ts'
import { raise } from '../errors.ts'

export type EngineOptions = Readonly<{
  /** By default the engine that is installed. */
  engine?: EngineKind
  /** Socket of Docker, or of containerd where that is the engine. With it and no `engine`, the engine is Docker. */
  engineSocket?: string
  /** `DOCKER_HOST` says that Docker is here. */
  environment: Environment
  /** Another node than this machine: nothing of this machine is opened. */
  node?: BuildingWorld
}>

export type NodeOptions = EngineOptions &
  Readonly<{
    /** Directory of the journal, the history and the releases. */
    stateDirectory: string
    /** `read` changes nothing in the state directory. It is for use cases that take no lock. Default: `write`. */
    access?: 'read' | 'write'
  }>

const ENGINE_FILE = 'engine'

/** A node on which images can be built, too. */
export type BuildingWorld = NodeWorld & Readonly<{ engine: Engine; cluster?: Cluster }>

/** Remembers the engine of this node. */
export function keepEngine(world: NodeWorld): Promise<void> {
  return world.state.saveFile(ENGINE_FILE, world.engine.kind)
}

/** A later version may have kept an engine that this one does not know: it is not taken for another. */
async function keptEngine(state: StateStore): Promise<EngineKind | undefined> {
  const kept = await state.readFile(ENGINE_FILE)
  const known = ENGINE_KINDS.find((kind) => kind === kept)
  if (kept === undefined || known !== undefined) return known
  throw raise('NO_ENGINE', { why: `this node was deployed on "${kept}", which this version does not know` })
}

/** The memory of this node alone: no engine is asked. Throws NOT_ROOT. */
export function openState(options: NodeOptions, action: string): StateStore {
  if (options.node !== undefined) return options.node.state
  const uid = process.getuid?.() ?? 0
  if (uid !== 0) throw raise('NOT_ROOT', { action, uid })
  return new FileStateStore(options.stateDirectory, options.access)
}

/**
 * The real world of this machine. `action` completes “Cannot …” in an error. Throws NOT_ROOT where the answer would be
 * only half of it, NO_ENGINE, and PODS_READ_ONLY for anything but reading where a kubelet keeps the containers.
 */
export async function openNode(options: NodeOptions, action: string): Promise<NodeWorld> {
  if (options.node !== undefined) return options.node
  const state = openState(options, action)
  // A node stays with the engine that its first release was deployed on.
  const chosen = options.engine ?? (await keptEngine(state))
  const plain = openNodeEngine(
    { ...options, ...(chosen === undefined ? {} : { engine: chosen }) },
    options.access === 'read' ? undefined : action,
  )
  const units = systemdUnitControl()
  const isWanted = (name: string): Promise<boolean> => refersTo(state, name)
  const engine = withHostDaemons(withUnitContainers(plain, { units, state, isWanted }))
  const processes = procReader()
  return {
    engine,
    processes,
    host: hostReader({ table: () => processes.table() }),
    units,
    jobs: cronJobReader(),
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

/**
 * An engine with everything. Throws NO_ENGINE and ENGINE_AMBIGUOUS where none is named, PODS_READ_ONLY where that
 * one is containerd: it makes no images and runs none for Anneal.
 */
export function openEngine(options: EngineOptions): Engine {
  if (options.node !== undefined) return options.node.engine
  const kind = kindOf(options)
  if (kind === 'containerd') throw raiseCri('PODS_READ_ONLY', { action: 'pull, build or run images' })
  return engineOf(kind, options)
}

/** `changing` completes “Cannot …” where more than reading is wanted. */
function openNodeEngine(options: EngineOptions, changing: string | undefined): NodeEngine {
  const kind = kindOf(options)
  if (kind !== 'containerd') return engineOf(kind, options)
  if (changing !== undefined) throw raiseCri('PODS_READ_ONLY', { action: changing })
  return criEngine(options.engineSocket === undefined ? {} : { socketPath: options.engineSocket })
}

function engineOf(kind: Exclude<EngineKind, 'containerd'>, { engineSocket }: EngineOptions): Engine {
  switch (kind) {
    case 'docker':
      return dockerEngine(engineSocket === undefined ? {} : { socketPath: engineSocket })
    case 'podman':
      return podmanEngine()
  }
}

/** Podman is called as a program, and has no socket to name. */
function kindOf({ engine, engineSocket, environment }: EngineOptions): EngineKind {
  return engine ?? (engineSocket === undefined ? installedEngine(environment) : 'docker')
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
function installedEngine(environment: Environment): EngineKind {
  const docker = environment['DOCKER_HOST'] !== undefined || DOCKER.some((path) => existsSync(path))
  const podman = PODMAN.some((path) => existsSync(path))
  if (docker && podman) {
    throw raise('ENGINE_AMBIGUOUS', {})
  }
  if (docker) return 'docker'
  if (podman) return 'podman'
  // Docker has one of its own: only alone is it a sign of pods.
  if (existsSync(CONTAINERD_SOCKET)) return 'containerd'
  throw raise('NO_ENGINE', { why: 'neither Docker nor Podman is installed, and containerd does not run' })
}
