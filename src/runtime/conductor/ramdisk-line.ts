import type { MachineReport, RamdiskOrder } from '../../conductor/index.ts'
import type { AgentAddress, DeployImage, DiskChunks } from '../../ports/index.ts'

/**
 * The line to the deploy ramdisk of one machine. The ramdisk calls over HTTP; the machine’s task waits for what it says.
 * INVARIANTS: whoever waits is woken by what was said before, too; an order stands until another task takes the line.
 */
export class RamdiskLine {
  readonly #said: RamdiskWord[] = []
  readonly #wake: (() => void)[] = []
  readonly #order = Promise.withResolvers<PreparedOrder>()
  readonly #files = Promise.withResolvers<PreparedFiles>()
  #isOffered = false
  #heardMs: number
  /** A ramdisk has called. Before that, `heardMs` is the time at which this line began. */
  isHeard = false
  /** Its task was left by an earlier process. */
  isInherited = false
  writtenBytes = 0
  /** The ironic-python-agent that was heard of last. */
  agent: AgentAddress | undefined
  /** The conductor has written the disk that the ramdisk offers. */
  isWritten = false

  constructor(nowMs: number) {
    this.#heardMs = nowMs
    // Nobody may be waiting for the order when it is withdrawn.
    this.#order.promise.catch(() => undefined)
    this.#files.promise.catch(() => undefined)
  }

  /** When it was last heard of, by the monotonic clock. */
  get heardMs(): number {
    return this.#heardMs
  }

  set heardMs(nowMs: number) {
    this.#heardMs = nowMs
    this.isHeard = true
  }

  say(word: RamdiskWord, nowMs: number): void {
    this.heardMs = nowMs
    this.#said.push(word)
    for (const wake of this.#wake.splice(0)) wake()
  }

  /** An offer is repeated until it is taken; it is told once. */
  offer(word: Extract<RamdiskWord, { kind: 'offered' }>, nowMs: number): void {
    this.heardMs = nowMs
    if (this.#isOffered) return
    this.#isOffered = true
    this.say(word, nowMs)
  }

  /** The machine has restarted, or may have: its next offer counts. */
  offerAgain(): void {
    this.#isOffered = false
  }

  /** Words that nobody took yet. */
  forget(kind: RamdiskWord['kind']): void {
    while (this.take([kind]) !== undefined);
  }

  /** The first word of a kind that nobody took yet. */
  take<K extends RamdiskWord['kind']>(kinds: readonly K[]): Extract<RamdiskWord, { kind: K }> | undefined {
    const index = this.#said.findIndex(({ kind }) => (kinds as readonly string[]).includes(kind))
    if (index < 0) return undefined
    return this.#said.splice(index, 1)[0] as Extract<RamdiskWord, { kind: K }>
  }

  /** Resolves with the next word that is said; at once where `signal` is aborted. */
  next(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve()
      this.#wake.push(resolve)
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
  }

  give(order: PreparedOrder): void {
    this.#order.resolve(order)
  }

  refuse(error: Error): void {
    this.#order.reject(error)
    this.#files.reject(error)
  }

  order(): Promise<PreparedOrder> {
    return this.#order.promise
  }

  giveFiles(files: PreparedFiles): void {
    this.#files.resolve(files)
  }

  files(): Promise<PreparedFiles> {
    return this.#files.promise
  }
}

export type PreparedOrder = Readonly<{
  order: RamdiskOrder
  chunks?: DiskChunks
  /** The order for a machine that restarted: its disks may have other names. Throws where nothing may be done with them. */
  orderFor?: (report: MachineReport) => RamdiskOrder
}>

/** What an ironic-python-agent fetches. */
export type PreparedFiles = Readonly<{
  image: DeployImage
  /** As the agent takes it. */
  configDrive?: Uint8Array
}>

export type RamdiskWord =
  | Readonly<{ kind: 'reported'; report: MachineReport; from: string }>
  | Readonly<{ kind: 'heartbeat'; agent: AgentAddress }>
  | Readonly<{ kind: 'offered'; address: string; port: number; name: string }>
  | Readonly<{ kind: 'done'; lines: string }>
  | Readonly<{ kind: 'failed'; code: string; lines: string }>
  | Readonly<{ kind: 'twice'; first: string; second: string }>
