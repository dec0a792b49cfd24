import {
  TARGETS,
  TASK,
  architectureOf,
  beginTask,
  byPlace,
  conductorError,
  lastErrorOf,
  firmwareOf,
  placeOf,
  shownState,
  shownStep,
} from '../../conductor/index.ts'
import type { MachineRecord, NetbootMachine, TaskPlan, TaskRun } from '../../conductor/index.ts'
import { isAnnealError } from '../../core/index.ts'
import type { ConductorWorld } from '../../ports/index.ts'
import { isStable } from '../../saga/index.ts'
import { OpenImages } from './open-images.ts'
import { Queue } from './queue.ts'
import { RamdiskLine } from './ramdisk-line.ts'
import { planTask, resumeTask, runTask, unfinished } from './run-task.ts'
import type { TaskSurroundings } from './run-task.ts'

export type TaskSettings = Readonly<{
  /** Tasks at work at the same time; the others wait in the order of their places in racks. */
  parallel: number
  /** Between two machines that are switched on. */
  staggerMs: number
  /** Root of the conductor’s HTTP service, as machines reach it. */
  url: string
  /** How long a machine may be silent: from its start to its report, and afterwards. */
  silenceMs: Readonly<{ boot: number; work: number }>
  say: (machine: string, text: string) => void
  /** Nothing can be kept any more: the conductor has to end. The next one goes on. */
  onFault: (error: unknown) => void
}>

type Working = Readonly<{ cancel: AbortController; line: RamdiskLine; end: Promise<void> }>

/**
 * Machines at work. One task a machine at most. INVARIANTS: the store is changed before anybody is told; a task that the
 * journal holds is gone on with at the next start.
 */
export class TaskRunner {
  readonly #world: ConductorWorld
  readonly #settings: TaskSettings
  readonly #images: OpenImages
  readonly #working = new Map<string, Working>()
  readonly #places: Queue
  readonly #stopping = new AbortController()
  readonly #started = Promise.withResolvers<void>()
  #isTakenUp = false
  #lastStartMs = Number.NEGATIVE_INFINITY
  #turns: Promise<unknown> = Promise.resolve()
  #serving: Promise<void> = Promise.resolve()

  constructor(world: ConductorWorld, settings: TaskSettings) {
    this.#world = world
    this.#settings = settings
    this.#images = new OpenImages(world.openImage)
    this.#places = new Queue(settings.parallel)
  }

  /**
   * Takes up what an earlier process left. Machines may call from here on: a ramdisk that is refused switches its machine off. Nothing is
   * done with a machine before `start`.
   */
  takeUp(): void {
    if (this.#isTakenUp) return
    this.#isTakenUp = true
    const inOrder = this.#world.store.machines().toSorted((a, b) => byPlace(placeOf(a), placeOf(b)))
    for (const { uuid } of inOrder) {
      const left = unfinished(this.#world.store.journal(uuid))
      if (left === undefined) continue
      this.#begin(left.plan, left.isBegun, async (around) => {
        await this.#untilStarted()
        return resumeTask(uuid, around)
      })
      const line = this.line(uuid)
      if (line !== undefined) line.isInherited = true
      const last = this.#world.store.session(uuid)?.last
      if (last !== undefined) line?.say(last, this.#world.clock.monotonic())
    }
  }

  /** Goes on with what an earlier process left, and begins to answer machines. */
  async start(): Promise<void> {
    this.takeUp()
    await this.serveNetboot()
    this.#started.resolve()
  }

  /** Begins a task; a machine that is at work is refused by whoever asks. It is kept when this returns. */
  begin(plan: TaskPlan): void {
    const task = planTask(plan, this.#world)
    this.#show(beginTask(plan))
    this.#begin(plan, false, (around) => runTask(task, plan, around))
  }

  isWorking(uuid: string): boolean {
    return this.#working.has(uuid)
  }

  line(uuid: string): RamdiskLine | undefined {
    return this.#working.get(uuid)?.line
  }

  /** The task that is under way on a machine, or was last; undefined where none ever was. */
  lastTask(uuid: string): Readonly<{ id: string; isUnfinished: boolean }> | undefined {
    const entries = this.#world.store.journal(uuid)
    const id = entries[0]?.run
    return id === undefined ? undefined : { id, isUnfinished: unfinished(entries) !== undefined }
  }

  /** Has the task of a machine end in a safe state. Resolves when it is there. */
  async callOff(uuid: string): Promise<void> {
    const working = this.#working.get(uuid)
    working?.cancel.abort()
    await working?.end
  }

  /** Answers DHCP for the machines as they are now: one call after the other. */
  serveNetboot(): Promise<void> {
    const next = this.#serving.catch(() => undefined).then(() => this.#world.netboot.serve(this.#known()))
    this.#serving = next
    return next
  }

  /** Leaves every task where it is: the next start goes on with it. Resolves when nothing is at work any more. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.all([...this.#working.values()].map(({ end }) => end))
  }

  #begin(plan: TaskPlan, isBegun: boolean, carry: (around: TaskSurroundings) => Promise<TaskRun>): void {
    const uuid = plan.machine
    const { clock, store } = this.#world
    const machine = store.machine(uuid)
    const place = machine === undefined ? undefined : placeOf(machine)
    const line = new RamdiskLine(clock.monotonic())
    const cancel = new AbortController()
    const around: TaskSurroundings = {
      world: this.#world,
      uuid,
      images: this.#images,
      line,
      signal: cancel.signal,
      stopping: this.#stopping.signal,
      serveNetboot: () => this.serveNetboot(),
      inTurn: (act, signal) => this.#inTurn(act, signal),
      change: (changes) => this.#change(uuid, changes),
      silenceMs: this.#settings.silenceMs,
      say: (text) => this.#say(uuid, text),
      url: this.#settings.url,
      onState: (run) => this.#show(run),
    }
    const end = this.#places
      .through(() => carry(around), cancel.signal, { place, isBegun })
      .then(
        () => this.#finish(uuid),
        (error: unknown) => this.#broken(plan, error),
      )
      .catch(this.#settings.onFault)
    this.#working.set(uuid, { cancel, line, end })
  }

  async #untilStarted(): Promise<void> {
    const { signal } = this.#stopping
    const stopped = new Promise<void>((resolve) => {
      if (signal.aborted) resolve()
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
    await Promise.race([this.#started.promise, stopped])
    signal.throwIfAborted()
  }

  /** What a client sees while a task is in a state, and how it ended. */
  #show(run: TaskRun): void {
    const { machine, kind } = run.plan
    const record = this.#world.store.machine(machine)
    if (record === undefined) return
    const shown = shownState(kind, run.state) ?? record.provisionState
    const step = shownStep(kind, run.state)
    const isAtRest = isStable(TASK, run)
    const at = new Date(this.#world.clock.now()).toISOString()
    const { lastError: _e, step: _s, targetProvisionState: _t, calledOff, ...rest } = record
    const isCalledOff = calledOff !== undefined && calledOff.task === this.lastTask(machine)?.id
    const error = isAtRest ? run.reason : undefined
    this.#world.store.saveMachine({
      ...rest,
      ...(isCalledOff ? { calledOff } : {}),
      provisionState: shown,
      ...(isAtRest ? {} : { targetProvisionState: TARGETS[kind] }),
      ...(step === undefined || isAtRest ? {} : { step }),
      ...(error === undefined ? {} : { lastError: lastErrorOf(error) }),
      ...(shown === record.provisionState ? {} : { provisionUpdatedAt: at }),
      updatedAt: at,
    })
    if (shown !== record.provisionState) this.#say(machine, `${kind}: ${shown}`)
    if (error !== undefined) this.#say(machine, `${error.message} (${error.code})`)
  }

  #finish(uuid: string): void {
    // A ramdisk that still waits for an order is told that there is none.
    this.line(uuid)?.refuse(conductorError('RAMDISK_TOKEN_INVALID', { from: 'a task that has ended' }))
    this.#working.delete(uuid)
  }

  /** A fault of the program itself outside of what is done with a machine, which fails by itself. The next start goes on with the task. */
  #broken({ machine: uuid, kind }: TaskPlan, error: unknown): void {
    this.#working.delete(uuid)
    if (this.#stopping.signal.aborted) return
    // Its journal could not be written: this process must not go on without the task.
    if (isAnnealError(error, 'STATE_UNWRITABLE')) throw error
    const why = error instanceof Error ? error.message : String(error)
    this.#say(uuid, `a fault of the conductor: ${error instanceof Error ? error.stack : why}`)
    const record = this.#world.store.machine(uuid)
    if (record === undefined) return
    const { targetProvisionState: _t, step: _s, ...rest } = record
    const provisionState = shownState(kind, 'failed') ?? record.provisionState
    const updatedAt = new Date(this.#world.clock.now()).toISOString()
    const lastError = `a fault of the conductor itself: ${why}`
    this.#world.store.saveMachine({ ...rest, provisionState, lastError, updatedAt })
  }

  #change(uuid: string, changes: Partial<MachineRecord>): void {
    const record = this.#world.store.machine(uuid)
    if (record === undefined) return
    const updatedAt = new Date(this.#world.clock.now()).toISOString()
    this.#world.store.saveMachine({ ...record, ...changes, updatedAt })
  }

  /** The next one begins when this one has ended, and not before `staggerMs` later: BMCs take their time to answer. */
  #inTurn<T>(act: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const { clock } = this.#world
    const before = this.#turns
    const mine = (async () => {
      await before
      signal.throwIfAborted()
      const waitMs = this.#lastStartMs + this.#settings.staggerMs - clock.monotonic()
      if (waitMs > 0) await clock.sleep(waitMs, signal)
      try {
        return await act()
      } finally {
        this.#lastStartMs = clock.monotonic()
      }
    })()
    this.#turns = mine.catch(() => undefined)
    return mine
  }

  #known(): readonly NetbootMachine[] {
    const { store } = this.#world
    const ports = store.ports()
    return store.machines().flatMap((machine) => {
      const macs = ports.filter((one) => one.machine === machine.uuid && one.pxeEnabled)
      if (macs.length === 0) return []
      const address = machine.extra['anneal_address']
      return [
        {
          uuid: machine.uuid,
          macs: macs.map((one) => one.address),
          firmware: firmwareOf(machine),
          architecture: architectureOf(machine),
          ...(typeof address === 'string' && /^\d+(\.\d+){3}$/.test(address) ? { address } : {}),
          ...(machine.name === undefined ? {} : { hostname: machine.name }),
        },
      ]
    })
  }

  #say(uuid: string, text: string): void {
    this.#settings.say(this.#world.store.machine(uuid)?.name ?? uuid, text)
  }
}
