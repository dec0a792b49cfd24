import type { HostFacts, Job, LibvirtPlace, ProcessId, ProcessTable, ServiceUnit } from '../../node/index.ts'
import type {
  Clock,
  Disk,
  Domain,
  GuestFiles,
  GuestLogs,
  HostReader,
  Hypervisor,
  NodeWorld,
  ProcessReader,
  Reach,
  Rescuer,
} from '../../ports/index.ts'
import { CrashPoints } from '../../saga/index.ts'
import { MemoryState } from './memory-state.ts'
import type { NodeSnapshot } from './node-snapshot.ts'
import { imageProbe } from './image-probe.ts'
import { SimulatedEngine } from './simulated-engine.ts'
import type { SimulatedGuest, SimulatedImage, TenantAct } from './simulated-guest.ts'
import { SimulatedUnits } from './simulated-units.ts'
import { NOTHING_ELSE, guestProcess, processOf, statusFile } from './what-is-seen.ts'

/**
 * A compute node that lives in memory: processes, cgroups, containers and libvirt behave as the real ones were
 * measured to (docs/architecture.md names the tests that hold both together), time passes when somebody sleeps,
 * and every call is a boundary where the program can die.
 */
export class SimulatedNode {
  readonly points = new CrashPoints()
  readonly state = new MemoryState(this.points)
  readonly engine: SimulatedEngine
  readonly guests: SimulatedGuest[] = []
  /** Names of guests that libvirt believes to run and that have no process. */
  readonly phantoms: string[] = []
  readonly #units: SimulatedUnits
  readonly images: ReadonlyMap<string, SimulatedImage>
  /** Things that must never happen, with the moment they did. */
  readonly violations: string[] = []
  /** Containers whose libvirt waited for another one to end, in the order in which they began. */
  readonly stoodBy: string[] = []
  readonly #waiting = new Set<string>()
  /** Shut down while no libvirt ran: QEMU waits for one. */
  readonly #poweredOff = new Set<SimulatedGuest>()
  /** Gone while no libvirt ran: the next one finds out. */
  readonly #vanished = new Set<SimulatedGuest>()
  bootId = 'boot-1'
  nextPid = 1000
  nowMs = Date.UTC(2026, 0, 1)

  constructor(images: Readonly<Record<string, SimulatedImage>>) {
    this.images = new Map(Object.entries(images))
    this.engine = new SimulatedEngine(this)
    this.#units = new SimulatedUnits({
      points: this.points,
      start: (container) => this.engine.startByHand(container),
      isRunning: (container) => this.engine.running().some(({ name }) => name === container),
    })
  }

  /** Jobs of the host's cron that call the engine. */
  readonly jobs: Job[] = []

  /** Services of the host that call the engine. */
  get units(): ServiceUnit[] {
    return this.#units.all
  }

  /** All that outlives the program, as JSON: a crash at this moment leaves exactly this. */
  snapshot(): NodeSnapshot {
    const { guests, phantoms, bootId, nextPid, nowMs, state } = this
    const indexes = (of: ReadonlySet<SimulatedGuest>): number[] => [...of].map((one) => guests.indexOf(one))
    return structuredClone({
      images: Object.fromEntries(this.images),
      unpullable: [...this.engine.unpullable].map(
        ([reference, { message }]) => [reference, message] as const,
      ),
      containers: this.engine.all(),
      created: this.engine.created,
      units: this.units,
      guests,
      phantoms,
      waiting: [...this.#waiting],
      poweredOff: indexes(this.#poweredOff),
      vanished: indexes(this.#vanished),
      bootId,
      nextPid,
      nowMs,
      state: {
        journal: state.journal,
        history: state.history,
        deployments: state.deployments,
        files: Object.fromEntries(state.files),
      },
    })
  }

  static restored(snapshot: NodeSnapshot): SimulatedNode {
    const { state, ...held } = structuredClone(snapshot)
    const node = new SimulatedNode(held.images)
    for (const [reference, message] of held.unpullable) {
      node.engine.unpullable.set(reference, new Error(message))
    }
    node.engine.restore(held.containers, held.created)
    node.units.push(...(held.units ?? []))
    node.guests.push(...held.guests)
    node.phantoms.push(...held.phantoms)
    for (const id of held.waiting) node.#waiting.add(id)
    const fill = (set: Set<SimulatedGuest>, indexes: readonly number[]): void => {
      for (const guest of node.guests.filter((_, index) => indexes.includes(index))) set.add(guest)
    }
    fill(node.#poweredOff, held.poweredOff)
    fill(node.#vanished, held.vanished)
    node.bootId = held.bootId
    node.nextPid = held.nextPid
    node.nowMs = held.nowMs
    node.state.restore(state)
    return node
  }

  startGuest(name: string, inside?: string, emulator = '/usr/bin/qemu-system-x86_64'): SimulatedGuest {
    const guest: SimulatedGuest = {
      name,
      uuid: `00000000-0000-4000-8000-${String(this.guests.length + 1).padStart(12, '0')}`,
      pid: this.takePid(),
      alive: true,
      inside,
      flags: [...(this.runningLibvirt()?.flags ?? [])],
      emulator,
      ended: false,
      log: this.#line('starting up libvirt version: simulated'),
    }
    this.guests.push(guest)
    return guest
  }

  /**
   * A tenant ends a guest, and may start it again. While a libvirt runs, that does it and says why; else the guest waits
   * for one to come, as a guest that has shut down does (`-no-shutdown`).
   */
  tenant(act: TenantAct, name: string): void {
    const guest = this.guests.find((candidate) => candidate.name === name && candidate.alive)
    if (guest === undefined) return
    if (this.runningLibvirt() === undefined) {
      // Nobody but libvirt destroys a guest, or starts one.
      if (act === 'shutsDown') this.#poweredOff.add(guest)
      return
    }
    this.#end(guest, act === 'shutsDown' ? 'shutdown' : 'destroyed')
    if (act !== 'restarts') return
    const flags = [...(this.runningLibvirt()?.flags ?? [])]
    const again = { ...guest, pid: this.takePid(), alive: true, ended: false, inside: undefined, flags }
    this.guests.push(Object.assign(again, { log: `${guest.log}${this.#line('starting up libvirt')}` }))
  }

  /** A guest's QEMU goes without a word: it crashes, or somebody kills it. libvirt finds it gone. */
  crash(name: string): void {
    const guest = this.guests.find((candidate) => candidate.name === name && candidate.alive)
    if (guest !== undefined) this.#vanish(guest)
  }

  #vanish(guest: SimulatedGuest): void {
    guest.alive = false
    if (this.runningLibvirt() === undefined) this.#vanished.add(guest)
    else guest.log += this.#line('shutting down, reason=crashed')
  }

  #end(guest: SimulatedGuest, reason: 'shutdown' | 'destroyed'): void {
    guest.alive = false
    guest.ended = true
    guest.log += this.#line(`shutting down, reason=${reason}`)
  }

  #line(text: string): string {
    return `${new Date(this.nowMs).toISOString().replace('T', ' ').replace('Z', '+0000')}: ${text}\n`
  }

  takePid(): number {
    this.nextPid += 1
    return this.nextPid
  }

  /** Kills what a stop of the container kills: everything in its cgroup, as runc does without a pid namespace. */
  killInside(containerId: string): void {
    for (const guest of this.guests) if (guest.alive && guest.inside === containerId) this.#vanish(guest)
  }

  /** The power goes: every process ends, the engine starts what is armed, memory outside the state is gone. */
  reboot(): void {
    for (const guest of this.guests) guest.alive = false
    this.bootId = `boot-${Number(this.bootId.split('-')[1]) + 1}`
    this.#units.powerOff()
    this.engine.boot()
    this.#units.boot()
  }

  runningLibvirt(): SimulatedImage | undefined {
    const running = this.engine.running().flatMap((container) => {
      const image = this.images.get(container.image)
      return image?.libvirt === undefined || this.#waiting.has(container.id) ? [] : [image]
    })
    if (running.length > 1) this.violations.push('two libvirts run at once')
    return running[0]
  }

  /** A libvirt's container has started: it attaches the guests, or waits for the one that runs. */
  beginLibvirt(containerId: string, image: SimulatedImage): void {
    const others = this.engine
      .running()
      .filter(({ id, image: name }) => id !== containerId && this.images.get(name)?.libvirt !== undefined)
    if (image.standsBy === true && others.length > 0) this.#waiting.add(containerId)
    else this.attachGuests(image)
    this.runningLibvirt()
  }

  /** A container has ended: if it was the libvirt that runs, the one that waits for it begins at once. */
  endContainer(containerId: string, name: string): void {
    this.#waiting.delete(containerId)
    this.#handOn()
    this.#units.containerEnded(name)
  }

  #handOn(): void {
    if (this.runningLibvirt() !== undefined) return
    const next = this.engine.running().find(({ id }) => this.#waiting.has(id))
    const image = next === undefined ? undefined : this.images.get(next.image)
    if (next === undefined || image === undefined) return
    this.#waiting.delete(next.id)
    this.stoodBy.push(next.name)
    this.attachGuests(image)
  }

  /** What libvirt does when it starts: it writes its own flags into the state of every guest that it can read. */
  attachGuests(image: SimulatedImage): void {
    for (const guest of this.#poweredOff)
      if (guest.alive && this.reads(image, guest)) this.#end(guest, 'shutdown')
    for (const guest of this.#vanished) guest.log += this.#line('shutting down, reason=crashed')
    this.#poweredOff.clear()
    this.#vanished.clear()
    for (const guest of this.guests) {
      if (guest.alive && this.reads(image, guest))
        guest.flags = [...new Set([...guest.flags, ...(image.flags ?? [])])]
    }
  }

  reads(image: SimulatedImage, guest: SimulatedGuest): boolean {
    return guest.flags.every((flag) => image.flags?.includes(flag) === true)
  }

  world(): NodeWorld {
    return {
      engine: this.engine,
      processes: this.#processes(),
      host: this.#host(),
      units: this.#units.control(),
      jobs: { jobs: async () => this.jobs },
      hypervisor: () => this.#hypervisor(),
      guestFiles: (place) => this.#guestFiles(place),
      guestLogs: this.#guestLogs(),
      rescuer: this.#rescuer(),
      images: imageProbe(this.images, this.points),
      disk: DISK,
      net: NET,
      clock: this.#clock(),
      state: this.state,
    }
  }

  table(): ProcessTable {
    const containers = this.engine
      .running()
      .map((container) => processOf(container.pid, 'libvirtd', container.id, []))
    const guests = this.guests.filter((guest) => guest.alive).map((guest) => guestProcess(guest))
    return { layout: 'legacy', hostPidNamespace: 1, processes: [...containers, ...guests] }
  }

  #processes(): ProcessReader {
    return {
      table: () => this.points.around('table', () => this.table()),
      look: async (processes) =>
        processes.map(({ pid, startTicks }) => ({
          pid,
          startTicks,
          content: this.guests.some((guest) => guest.pid === pid) ? 'emulator' : 'other',
          sizeBytes: 0,
          opens: [],
        })),
      // Its disk has no files, and so no console logs.
      writtenFiles: async () => [],
      outputHolders: async () => [],
      machineLeaders: async () => [],
      alive: async (id: ProcessId) => this.table().processes.some((process) => process.pid === id.pid),
    }
  }

  #host(): HostReader {
    return {
      facts: async (): Promise<HostFacts> => ({
        kernel: 'simulated',
        systemdIsInit: true,
        machinedRunning: true,
        machinedActivatable: true,
        missingCapabilities: [],
        bootId: this.bootId,
      }),
    }
  }

  #hypervisor(): Hypervisor {
    const answering = (): SimulatedImage => {
      const image = this.runningLibvirt()
      if (image?.libvirt === undefined || image.fault === 'silent') throw new Error('libvirt does not answer')
      return image
    }
    return {
      ping: async () => answering().libvirt ?? '',
      domains: async (): Promise<readonly Domain[]> => {
        const image = answering()
        const phantoms = this.phantoms.map((name): Domain => ({
          uuid: `phantom-${name}`,
          name,
          id: 99,
          state: 'running',
        }))
        const newest = new Map(this.guests.map((guest) => [guest.uuid, guest]))
        const guests = [...newest.values()].map((guest): Domain => ({
          uuid: guest.uuid,
          name: guest.name,
          id: guest.alive ? guest.pid : -1,
          state: guest.alive && this.reads(image, guest) ? 'running' : 'shutoff',
        }))
        return [...guests, ...phantoms]
      },
    }
  }

  #guestFiles(place: Pick<LibvirtPlace, 'stateDir'>): GuestFiles {
    return {
      statusFiles: async () =>
        this.guests.filter((guest) => guest.alive).map((guest) => statusFile(guest, place)),
      ...NOTHING_ELSE,
      writeStatusFile: (name, xml) =>
        this.points.around('writeStatusFile', () => {
          if (this.runningLibvirt() !== undefined)
            this.violations.push('a status file was written while libvirt ran')
          const guest = this.guests.findLast((candidate) => candidate.name === name)
          if (guest !== undefined)
            guest.flags = [...xml.matchAll(/<flag name='([^']+)'\/>/g)].map((match) => match[1] ?? '')
        }),
    }
  }

  #guestLogs(): GuestLogs {
    return {
      tail: (_, name) =>
        this.points.around('read log', () => this.guests.findLast((guest) => guest.name === name)?.log),
    }
  }

  #rescuer(): Rescuer {
    const move = (
      name: string,
      pid: number,
    ): Promise<{ method: 'cgroups'; unit: string; moved: []; limits: [] }> =>
      this.points.around(`rescue ${name}`, () => {
        const guest = this.guests.find((candidate) => candidate.pid === pid)
        if (guest !== undefined) guest.inside = undefined
        return { method: 'cgroups', unit: `machine-${name}.scope`, moved: [], limits: [] }
      })
    return {
      method: async () => 'cgroups',
      rescue: (guest) => move(guest.name, guest.identity.pid),
      rescueHelper: (helper) => move(helper.name, helper.identity.pid),
    }
  }

  #clock(): Clock {
    return {
      now: () => this.nowMs,
      monotonic: () => this.nowMs,
      sleep: (ms, signal) => this.#sleep(ms, signal),
    }
  }

  /** Time passes only by sleeping. A deadline (a long sleep that is usually called off) never comes by itself. */
  #sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms >= 60_000)
      return new Promise((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }))
    this.nowMs += ms
    return new Promise((resolve) => setImmediate(resolve))
  }
}

const DISK: Disk = {
  freeBytes: async () => 2 ** 40,
  sizeBytes: async () => undefined,
  placeOf: async () => undefined,
  makeDirectory: async () => undefined,
}
const NET: Reach = { unix: async () => true, tcp: async () => true }
