import { EXIT, errorsOf } from '../../../core/index.ts'
import { sampleNode } from '../../../metal/testing/index.ts'
import { MARK, consoleUnavailable, instanceInfoOf, isManaged } from '../../../metal/index.ts'
import type { MetalNode, Validation } from '../../../metal/index.ts'
import type { Consoles, Lifecycle, Machines, MetalWorld, Provisioner } from '../../../ports/index.ts'
import { CrashPoints } from '../../../saga/index.ts'
import { VirtualClock } from './virtual-clock.ts'
import { FakeCompute } from './fake-compute.ts'
import type { ComputeSnapshot } from './fake-compute.ts'
import { FakeRegistry } from './fake-registry.ts'

const raise = errorsOf({
  OPENSTACK_FAULT: { message: 'Cannot: auto_lessee', remedy: 'none', retry: true, exit: EXIT.failed },
  OPENSTACK_FAILED: { message: 'Cannot: away', remedy: 'none', retry: true, exit: EXIT.unavailable },
})

type ProvisionVerb = 'manage' | 'inspect' | 'provide' | 'abort' | 'active' | 'rebuild' | 'deleted'

/** What Ironic does with a verb: the states that one look after the other shows. */
export type Course = Readonly<Partial<Record<ProvisionVerb, readonly Partial<MetalNode>[]>>>

/** The services at one moment, as JSON: what another process finds. */
export type MetalSnapshot = Readonly<{
  node: MetalNode
  /** States that the next looks will show. */
  pending: readonly Partial<MetalNode>[]
  passed: number
  nowMs: number
  records: Readonly<Record<string, unknown>>
  done: readonly string[]
  consoleText: string
  compute: ComputeSnapshot
}>

/** One node in memory that goes through its states as it is looked at, and time that passes only by sleeping. */
export class FakeMetal {
  node: MetalNode
  readonly course: Course
  readonly done: string[] = []
  /** What releases asked to keep on the disks. */
  readonly keeps: string[] = []
  readonly clock = new VirtualClock()
  readonly compute = new FakeCompute()
  /** Registers machines, this one among them. */
  readonly registry = new FakeRegistry(this)
  readonly records = new Map<string, unknown>()
  invalid: readonly Validation[] = []
  banner: string | undefined = 'SSH-2.0-test'
  consoleText = ''
  /** So many changes fail with an error that passes, before one is done. */
  away = 0
  rebuildsWithoutImage = true
  /** How many changes the service answers with an exception of its own. */
  faults = 0
  /** Whether the last deployment was to leave the machine off. */
  leftOff = false
  /** Called with each look at the node: to let something happen in the middle. */
  onLook: (look: number) => void = () => undefined
  /** Called before and after each call that changes something: what it throws ends the run there. */
  onBoundary: (what: string) => void = () => undefined
  /** Passed where `onLook` and `onBoundary` are called, and at each call to Nova. */
  readonly points = new CrashPoints()
  #pending: Partial<MetalNode>[] = []
  #looks = 0
  #passed = 0

  constructor(course: Course, node: Partial<MetalNode> = {}) {
    this.course = course
    this.node = sampleNode(node)
    this.compute.onEvery = (what) => this.points.pass(what)
  }

  snapshot(): MetalSnapshot {
    return structuredClone({
      node: this.node,
      pending: this.#pending,
      passed: this.#passed,
      nowMs: this.clock.nowMs,
      records: Object.fromEntries(this.records),
      done: this.done,
      consoleText: this.consoleText,
      compute: this.compute.snapshot(),
    })
  }

  static restored(course: Course, left: MetalSnapshot): FakeMetal {
    const fake = new FakeMetal(course, left.node)
    fake.#pending = [...left.pending]
    fake.#passed = left.passed
    fake.clock.nowMs = left.nowMs
    for (const [key, record] of Object.entries(left.records)) fake.records.set(key, record)
    fake.done.push(...left.done)
    fake.consoleText = left.consoleText
    fake.compute.restore(left.compute)
    return fake
  }

  #boundary(what: string): void {
    this.onBoundary(what)
    this.points.pass(what)
  }

  get world(): MetalWorld {
    return {
      provisioner: this.provisioner,
      compute: this.compute,
      clock: this.clock,
      machine: {
        sshBanner: () => Promise.resolve(this.banner),
        openConsole: (_, from) => {
          let at = from === 'now' ? this.consoleText.length : from
          return Promise.resolve({
            position: at,
            read: () => {
              const text = this.consoleText.slice(at)
              at = this.consoleText.length
              return Promise.resolve(text)
            },
            close: () => Promise.resolve(),
          })
        },
      },
      records: {
        save: (node, deployment, record) => {
          this.records.set(`${node} ${deployment}`, record)
          return Promise.resolve(deployment)
        },
        read: (node, deployment) => Promise.resolve(this.records.get(`${node} ${deployment}`)),
      },
    }
  }

  /** The second implementation of the port, beside Ironic's. */
  get provisioner(): Provisioner {
    return { ...this.#machines, ...this.registry.registrar, ...this.#lifecycle, ...this.#consoles }
  }

  get #machines(): Machines {
    return {
      machines: () => Promise.resolve([this.node, ...this.registry.made]),
      machine: (name) => {
        this.#looks += 1
        this.onLook(this.#looks)
        const next = this.#pending.shift()
        if (next !== undefined) this.#pass(next)
        this.points.pass('look')
        return Promise.resolve(this.registry.find(name))
      },
      ports: ({ uuid }) => Promise.resolve(this.registry.portsOf(uuid)),
      deployMethods: () => Promise.resolve(['direct', 'ramdisk']),
      viewer: () => Promise.resolve({ who: 'user "tester"', isLimited: true }),
      facts: () => Promise.resolve({ api: '1.82', takesArtifacts: true }),
    }
  }

  get #lifecycle(): Lifecycle {
    return {
      manage: () => this.#carry('manage'),
      inspect: () => this.#carry('inspect'),
      provide: () => this.#carry('provide'),
      abort: () => this.#carry('abort'),
      prepare: (machine, wanted) => {
        const { rebuildsWithoutImage } = this
        return this.#change((kept) => ({
          ...kept,
          ...instanceInfoOf(wanted, machine, { rebuildsWithoutImage }),
        }))
      },
      withdraw: async (machine) => {
        if (machine.instanceInfo[MARK] !== undefined) await this.#change((kept) => kept)
      },
      check: () => Promise.resolve(this.invalid),
      deploy: async (_, { configDrive, afterwards = 'boots' } = {}) => {
        this.leftOff = afterwards === 'off'
        await this.#carry('active', configDrive === undefined ? 'active' : 'active with drive')
      },
      boot: () => this.#carry('rebuild'),
      release: (_, keeps = []) => {
        this.keeps.push(...keeps)
        return this.#carry('deleted')
      },
      power: (_, wanted) => {
        this.done.push(`power ${wanted}`)
        this.node = { ...this.node, powerState: 'power on' }
        return Promise.resolve()
      },
    }
  }

  get #consoles(): Consoles {
    return {
      console: async (machine) => {
        if (machine.consoleInterface === 'no-console') {
          throw consoleUnavailable(machine, 'its console interface is no-console')
        }
        return this.node.consoleEnabled ? { state: 'on', source: 'file:/console' } : { state: 'off' }
      },
      startConsole: async (machine) => {
        if (machine.consoleInterface === 'no-console') {
          throw consoleUnavailable(machine, 'its console interface is no-console')
        }
        this.node = { ...this.node, consoleEnabled: true }
      },
      listen: () => Promise.reject(new TypeError('no console of this fake is passed on')),
    }
  }

  /** Makes the instance information what `wanted` makes of what no deployment decides. */
  async #change(wanted: (kept: MetalNode['instanceInfo']) => MetalNode['instanceInfo']): Promise<void> {
    if (this.faults > 0) {
      this.faults -= 1
      throw raise('OPENSTACK_FAULT')
    }
    if (this.away > 0) {
      this.away -= 1
      throw raise('OPENSTACK_FAILED')
    }
    this.#boundary('before change')
    this.done.push('change')
    const kept = Object.entries(this.node.instanceInfo).filter(([name, value]) => !isManaged(name, value))
    this.node = { ...this.node, instanceInfo: wanted(Object.fromEntries(kept)) }
    this.#boundary('after change')
  }

  async #carry(verb: ProvisionVerb, told: string = verb): Promise<void> {
    this.#boundary(`before ${verb}`)
    this.done.push(told)
    const [first, ...rest] = this.course[verb] ?? []
    if (first !== undefined) this.#pass(first)
    this.#pending = rest
    this.#boundary(`after ${verb}`)
  }

  /** As Ironic does it, a change of the provision state is a change of its time. */
  #pass(next: Partial<MetalNode>): void {
    const changes = next.provisionState !== undefined && next.provisionState !== this.node.provisionState
    if (changes) this.#passed += 1
    const provisionUpdatedAt = `2026-01-01T00:00:${String(this.#passed).padStart(2, '0')}Z`
    this.node = { ...this.node, ...next, ...(changes ? { provisionUpdatedAt } : {}) }
  }
}
