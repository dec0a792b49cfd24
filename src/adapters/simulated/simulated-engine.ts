import { canonicalJson } from '../../core/index.ts'
import { LABELS } from '../../node/index.ts'
import type { Container, ContainerSpec, EngineFacts } from '../../node/index.ts'
import type { ExecResult, ImageFacts, NodeEngine } from '../../ports/index.ts'
import { plainSpec, raise } from '../containers/index.ts'
import type { SimulatedImage } from './simulated-guest.ts'
import type { SimulatedNode } from './simulated-node.ts'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** When a container with the fault `crashes` ends. */
const CRASHES_AFTER_MS = 4000

/** Docker, as far as upgrades see it: names, states, restart policies, and who dies with a container. */
export class SimulatedEngine implements NodeEngine {
  readonly kind = 'docker'
  readonly #node: SimulatedNode
  readonly #containers = new Map<string, Mutable<Container>>()
  /** Images that a pull does not get: reference → error. */
  readonly unpullable = new Map<string, Error>()
  #created = 0

  constructor(node: SimulatedNode) {
    this.#node = node
  }

  running(): readonly Container[] {
    return this.all().filter((container) => container.status === 'running')
  }

  all(): readonly Container[] {
    this.#passTime()
    return [...this.#containers.values()]
  }

  #passTime(): void {
    for (const container of this.#containers.values()) {
      const crashes = this.#node.images.get(container.image)?.fault === 'crashes'
      const upMs = this.#node.nowMs - Date.parse(container.startedAt ?? '')
      if (!crashes || container.status !== 'running' || upMs < CRASHES_AFTER_MS) continue
      this.#end(container)
      container.exitCode = 1
    }
  }

  /** How many containers were ever created. */
  get created(): number {
    return this.#created
  }

  restore(containers: readonly Container[], created: number): void {
    for (const container of containers) this.#containers.set(container.id, { ...container })
    this.#created = created
  }

  /** What dockerd does when it starts: everything armed is started. */
  boot(): void {
    for (const container of this.#containers.values()) {
      if (container.status === 'running') this.#end(container)
    }
    for (const container of this.#containers.values()) {
      const armed = container.restartPolicy === 'always' || container.restartPolicy === 'unless-stopped'
      if (armed && container.startedAt !== undefined) this.#run(container)
    }
  }

  async facts(): Promise<EngineFacts> {
    return {
      kind: 'docker',
      version: '20.10.24',
      cgroupDriver: 'cgroupfs',
      stopsContainersWithDaemon: true,
      hasShim: true,
      deletesLeftoversAtStart: true,
      changesRestartPolicy: true,
      passesZeroTaskLimit: false,
      storageDir: '/var/lib/docker',
      startsAtBoot: true,
    }
  }

  inspectImage(reference: string): Promise<ImageFacts | undefined> {
    return this.#node.points.around('inspectImage', () =>
      this.#node.images.has(reference) && !this.unpullable.has(reference)
        ? imageFacts(reference, this.#node.images.get(reference))
        : undefined,
    )
  }

  pullImage(reference: string): Promise<ImageFacts> {
    return this.#node.points.around('pullImage', () => {
      throw this.unpullable.get(reference) ?? new Error(`no such image ${reference}`)
    })
  }

  listContainers(filter: {
    labels?: Readonly<Record<string, string>>
    running?: boolean
  }): Promise<readonly Container[]> {
    return this.#node.points.around('listContainers', () =>
      this.all()
        .filter((container) => filter.running !== true || container.status === 'running')
        .filter((container) =>
          Object.entries(filter.labels ?? {}).every(([key, value]) => container.labels[key] === value),
        )
        .map((container) => ({ ...container })),
    )
  }

  inspectContainer(idOrName: string): Promise<Container | undefined> {
    return this.#node.points.around('inspectContainer', () => {
      const container = this.#find(idOrName)
      return container === undefined ? undefined : { ...container }
    })
  }

  describeContainer(idOrName: string): Promise<ContainerSpec | undefined> {
    return this.#node.points.around('describeContainer', () => {
      const container = this.#find(idOrName)
      return container === undefined ? undefined : specOf(container)
    })
  }

  createContainer(spec: ContainerSpec): Promise<string> {
    return this.#node.points.around(`create ${spec.name}`, () => {
      const existing = this.#find(spec.name)
      if (existing !== undefined) {
        if (canonicalJson(existing.labels) === canonicalJson(spec.labels)) return existing.id
        throw raise('CONTAINER_NAME_TAKEN', { subject: spec.name })
      }
      if (!this.#node.images.has(spec.image))
        throw raise('IMAGE_NOT_FOUND', { image: spec.image, state: 'the engine does not hold it' })
      this.#created += 1
      const id = String(this.#created).padStart(64, 'c')
      this.#containers.set(id, containerOf(id, spec))
      return id
    })
  }

  startContainer(id: string): Promise<void> {
    return this.#node.points.around('start', () => {
      const container = this.#mustFind(id)
      if (container.status === 'dead') {
        const reason = 'container state improper'
        throw raise('CONTAINER_START_FAILED', { subject: container.name, reason })
      }
      if (container.status !== 'running') this.#run(container)
    })
  }

  stopContainer(id: string): Promise<void> {
    return this.#node.points.around('stop', () => {
      const container = this.#mustFind(id)
      if (container.status === 'running') this.#end(container)
    })
  }

  armContainer(id: string, policy: Container['restartPolicy']): Promise<void> {
    return this.#node.points.around(`arm ${policy}`, () => {
      const container = this.#find(id)
      if (container !== undefined) container.restartPolicy = policy
    })
  }

  removeContainer(id: string, { force }: Readonly<{ force: boolean }>): Promise<void> {
    return this.#node.points.around('remove', () => {
      const container = this.#find(id)
      if (container === undefined) return
      if (container.status === 'running') {
        if (!force) throw raise('CONTAINER_STOP_FAILED', { subject: container.name, reason: 'it runs' })
        this.#end(container)
      }
      this.#node.killInside(container.id)
      this.#containers.delete(container.id)
    })
  }

  async putFiles(): Promise<void> {
    return undefined
  }

  async exec(): Promise<ExecResult> {
    return { exitCode: 0, stdout: '', stderr: '' }
  }

  async logs(): Promise<string> {
    return ''
  }

  async runOnce(): Promise<ExecResult> {
    return { exitCode: 0, stdout: '', stderr: '' }
  }

  /** Somebody else starts a container: it is no call of the program, and no boundary. */
  startByHand(name: string): void {
    const container = this.#find(name)
    if (container !== undefined && container.status !== 'running') this.#run(container)
  }

  /** Whoever waits for the ends of the running containers is killed: none of them can be started again once it has ended. */
  loseWatchers(): void {
    for (const container of this.#containers.values())
      if (container.status === 'running') container.unwatched = true
  }

  /** Somebody else removes every container that does not run: `docker container prune`. */
  prune(): void {
    for (const { id, status } of this.all()) {
      if (status === 'running') continue
      this.#node.killInside(id)
      this.#containers.delete(id)
    }
  }

  #find(idOrName: string): Mutable<Container> | undefined {
    this.#passTime()
    return (
      this.#containers.get(idOrName) ?? [...this.#containers.values()].find(({ name }) => name === idOrName)
    )
  }

  #mustFind(idOrName: string): Mutable<Container> {
    const container = this.#find(idOrName)
    if (container === undefined)
      throw raise('CONTAINER_NOT_FOUND', { action: 'use container', subject: idOrName, engine: 'Docker' })
    return container
  }

  #run(container: Mutable<Container>): void {
    // The runtime deletes what is left of the last run first, with whoever is still in its cgroup.
    this.#node.killInside(container.id)
    const image = this.#node.images.get(container.image)
    container.startedAt = new Date(this.#node.nowMs).toISOString()
    if (image?.fault === 'exits') {
      container.status = 'exited'
      container.exitCode = 1
      return
    }
    container.status = 'running'
    container.pid = this.#node.takePid()
    container.cgroupPaths = { devices: `/docker/${container.id}` }
    if (image?.libvirt !== undefined) this.#node.beginLibvirt(container.id, image)
  }

  #end(container: Mutable<Container>): void {
    container.status = container.unwatched === true ? 'dead' : 'exited'
    container.exitCode = 0
    container.pid = 0
    container.cgroupPaths = undefined
    this.#node.killInside(container.id)
    this.#node.endContainer(container.id, container.name)
  }
}

/** As far as the simulation remembers: it keeps no environment and no limits. */
function specOf({
  name,
  image,
  labels,
  privileged,
  networkMode,
  mounts,
  restartPolicy,
}: Container): ContainerSpec {
  return plainSpec({
    name,
    image,
    labels: Object.fromEntries(Object.entries(labels).filter(([label]) => !label.startsWith('io.anneal.'))),
    privileged,
    networkMode,
    pidMode: 'host',
    cgroupnsMode: 'host',
    mounts: mounts.map((mount) => ({ ...mount, createHostPath: true })),
    restartPolicy,
  })
}

function imageFacts(reference: string, image: SimulatedImage | undefined): ImageFacts {
  return {
    id: reference,
    repoDigests: [],
    tags: [],
    labels: image?.standsBy === true ? { [LABELS.standBy]: 'libvirtd' } : {},
    sizeBytes: 1,
    architecture: 'amd64',
    user: '',
  }
}

function containerOf(id: string, spec: ContainerSpec): Mutable<Container> {
  return {
    id,
    name: spec.name,
    status: 'created',
    pid: 0,
    exitCode: undefined,
    startedAt: undefined,
    imageId: spec.image,
    image: spec.image,
    labels: spec.labels,
    runtime: 'runc',
    runtimeFamily: 'runc',
    runtimeVersion: '1.1.5',
    privileged: spec.privileged,
    pidMode: 'host',
    cgroupnsMode: 'host',
    networkMode: spec.networkMode,
    mounts: spec.mounts.map(({ type, source, target, readOnly }) => ({ type, source, target, readOnly })),
    environmentNames: [],
    restartPolicy: 'no',
    cgroupPaths: undefined,
    health: 'none',
    rootUpperDir: undefined,
    entrypoint: [],
    command: [],
    stopSignal: 'SIGTERM',
  }
}
