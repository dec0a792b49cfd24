import { isAnnealError } from '../../../core/index.ts'
import { fromBytes } from '../../../bytes/index.ts'
import { CrashPoints, CrashSignal } from '../../../saga/index.ts'
import type { Bmc, ConductorStore, ConductorWorld, DeployImage, DiskChunks } from '../../../ports/index.ts'
import { VirtualClock } from '../../metal/testing/virtual-clock.ts'
import { Conductor } from '../conductor.ts'
import { memoryStore } from './memory-store.ts'

export const MAC = '52:54:00:00:00:01'
export const MACHINE = '00000000-0000-4000-8000-000000000001'
const PIECES = 4

/** How the machine of a test behaves. */
export type Behaviour = Readonly<{
  /** It never boots its ramdisk. */
  silent?: true
  /** Its ramdisk gives up after so many pieces. */
  failsAt?: number
  /** Power is lost after so many pieces, once. */
  losesPowerAt?: number
}>

/**
 * One machine and everything around a conductor, in memory. The machine lives on when the conductor dies: it boots what its
 * firmware finds, and its ramdisk asks again while nobody answers.
 */
export class SimulatedRack {
  readonly points = new CrashPoints()
  readonly clock = new VirtualClock()
  readonly store: ConductorStore = memoryStore(this.points)
  conductor: Conductor
  behaviour: Behaviour = {}
  form: DeployImage['form'] = 'wholeDisk'
  isOn = false
  bootsFrom: 'network' | 'disk' = 'disk'
  /** Pieces that are on the disk; a wiped disk has none. */
  readonly disk = new Set<number>()
  /** What ran on the machine, in order: `ramdisk`, `disk`, `instance`, `nothing`. */
  readonly ran: string[] = []
  readonly saved = new Set<string>()
  #life = new AbortController()
  #tokens = 0
  #lost = false

  constructor() {
    this.conductor = this.newConductor()
  }

  /** A new process of the program. */
  newConductor(): Conductor {
    const world: ConductorWorld = {
      store: this.store,
      openBmc: () => this.#bmc(),
      netboot: {
        serve: () => this.points.around('serve', () => undefined),
        ended: new Promise(() => undefined),
        stop: async () => undefined,
      },
      openImage: async ({ form }) => ({ ...image(form) }),
      composeDisk: async () => CHUNKS,
      makeConfigDrive: async () => fromBytes(new Uint8Array(2048), 'drive'),
      instances: {
        save: (machine) => this.points.around('save instance', () => void this.saved.add(machine)),
        commandLine: async () => 'root=UUID=1',
        hasRamdisk: async () => true,
        path: (_, which) => `/${which}`,
        remove: (machine) => this.points.around('remove instance', () => void this.saved.delete(machine)),
      },
      writeByIscsi: async (_, __, onWritten) => {
        for (let piece = 0; piece < PIECES; piece += 1) this.disk.add(piece)
        onWritten(PIECES)
      },
      secrets: {
        token: () => `token-${(this.#tokens += 1)}`,
        digest: (text) => `digest of ${text}`,
        uuid: () => `00000000-0000-4000-8000-${String((this.#tokens += 1)).padStart(12, '0')}`,
      },
      clock: this.clock,
    }
    this.conductor = new Conductor(world, {
      parallel: 2,
      staggerMs: 0,
      silenceMs: { boot: 600_000, work: 600_000 },
      say: () => undefined,
      onFault: (error) => {
        if (!(error instanceof CrashSignal)) throw error
      },
      url: 'http://conductor',
      ramdiskArguments: [],
      host: 'conductor',
      wipes: 'disks',
    })
    return this.conductor
  }

  enroll(): void {
    this.conductor.machines.create({
      uuid: MACHINE,
      name: 'one',
      driver: 'ipmi',
      driverInfo: { ipmi_address: 'bmc', ipmi_username: 'admin', ipmi_password: 'secret' },
      properties: {},
      extra: {},
      instanceInfo: { image_source: '/image', image_type: this.form === 'trio' ? 'partition' : 'whole-disk' },
      deployInterface: 'stream',
    })
    this.conductor.machines.createPort(this.conductor.machines.find('one'), {
      address: MAC,
      pxeEnabled: true,
      extra: {},
    })
  }

  /** Waits until no task is under way. */
  async rest(): Promise<string> {
    const seen = this.conductor
    while (this.conductor.isWorking(this.conductor.machines.find('one')) && this.conductor === seen) {
      await this.clock.sleep(1000)
      // The store throws as soon as the program is dead: whoever waits for it must be told.
      this.points.pass('wait')
    }
    return this.conductor.machines.find('one').provisionState
  }

  #bmc(): Bmc {
    return {
      power: () => this.points.around('ask power', () => (this.isOn ? 'on' : 'off')),
      setPower: (wanted) =>
        this.points.around(`power ${wanted}`, () => this.#power(wanted === 'off' ? 'off' : 'on')),
      bootFrom: ({ from }) =>
        this.points.around(`boot ${from}`, () => {
          this.bootsFrom = from
        }),
    }
  }

  #power(wanted: 'on' | 'off'): void {
    if (wanted === 'off') {
      this.#life.abort()
      this.isOn = false
      return
    }
    if (this.isOn) return
    this.isOn = true
    this.#life = new AbortController()
    void this.#boot(this.#life.signal)
  }

  async #boot(life: AbortSignal): Promise<void> {
    if (this.bootsFrom === 'disk' || this.behaviour.silent === true) {
      this.ran.push(this.bootsFrom === 'disk' ? 'disk' : 'nothing')
      return
    }
    const script = await this.#asked(life, () => this.conductor.boots.script(MAC))
    if (life.aborted) return
    const token = /anneal\.token=(\S+)/.exec(script ?? '')?.[1]
    if (token !== undefined) return this.#ramdisk(token, life)
    this.ran.push(script?.includes('/boot/instance/') === true ? 'instance' : 'nothing')
  }

  async #ramdisk(token: string, life: AbortSignal): Promise<void> {
    this.ran.push('ramdisk')
    const answer = await this.#asked(life, () => this.conductor.ramdisks.hello(token, REPORT, '10.0.0.9'))
    const order = answer ?? ''
    const work = /^token (\S+)$/m.exec(order)?.[1]
    if (work === undefined) return
    if (order.includes('task wipe')) this.disk.clear()
    const pieces = Number(/^pieces (\d+)$/m.exec(order)?.[1] ?? 0)
    const streamed = order.includes('method stream') ? pieces : 0
    if (pieces > 0) this.disk.clear()
    for (let index = 0; index < streamed; index += 1) {
      if (index === this.behaviour.failsAt) {
        await this.#asked(life, async () =>
          this.conductor.ramdisks.failed(work, 'DISK_BROKEN\nI/O error', '10.0.0.9'),
        )
        return
      }
      if (index === this.behaviour.losesPowerAt && !this.#lost) {
        this.#lost = true
        this.#power('off')
        this.#power('on')
        return
      }
      const piece = await this.#asked(life, () =>
        this.conductor.ramdisks.piece(work, index, '10.0.0.9', life),
      )
      if (piece === undefined) return
      this.disk.add(Number.parseInt(piece.head, 10))
    }
    if (order.includes('method iscsi')) {
      await this.#asked(life, () =>
        this.conductor.ramdisks.offered(work, 'target 10.0.0.9 3260 iqn.x', '10.0.0.9'),
      )
    }
    await this.#asked(life, async () => this.conductor.ramdisks.done(work, 'written 4', '10.0.0.9'))
  }

  /** What a program on the machine does until it is answered, or refused, or the machine is off. */
  async #asked<T>(life: AbortSignal, ask: () => Promise<T>): Promise<T | undefined> {
    while (!life.aborted) {
      // A conductor that died answers nothing any more: whoever asked it asks the next one.
      const asked = this.conductor
      const waiting = { on: true }
      const other = async (): Promise<'again'> => {
        while (waiting.on && this.conductor === asked && !life.aborted) await this.clock.sleep(2000)
        return 'again'
      }
      try {
        const answer = await Promise.race([ask(), other()])
        if (answer !== 'again') return answer
      } catch (error) {
        if (isAnnealError(error)) return undefined
        await this.clock.sleep(2000)
      } finally {
        waiting.on = false
      }
    }
    return undefined
  }
}

const REPORT = `version 1
firmware bios
architecture x86_64
memory-mib 1024
cpus 1
system-uuid 1
nic mac=${MAC} name=eth0 carrier=1
disk name=vda bytes=8589934592 sector=512 rotational=0
`

const CHUNKS: DiskChunks = {
  diskBytes: 8_589_934_592,
  count: PIECES,
  usedBytes: PIECES,
  piece: async (index) => ({ head: `${index} 1 zero\n` }),
}

function image(form: DeployImage['form']): DeployImage {
  const source = fromBytes(new Uint8Array(512), 'image')
  return {
    form,
    disk: source,
    identity: 'image',
    sectorSizesBytes: [512],
    firmwares: ['bios'],
    ...(form === 'trio' ? { boot: { kernel: source, ramdisk: source, commandLine: 'root=UUID=1' } } : {}),
    warnings: [],
    hold: () => ({ [Symbol.dispose]: () => undefined }),
    [Symbol.asyncDispose]: async () => undefined,
  }
}
