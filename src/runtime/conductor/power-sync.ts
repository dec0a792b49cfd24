import { nameOf } from '../../conductor/index.ts'
import { isAnnealError } from '../../core/index.ts'
import type { MachineRecord, PowerState } from '../../conductor/index.ts'
import type { ConductorWorld } from '../../ports/index.ts'
import { Queue } from './queue.ts'
import { bmcOfMachine } from './task-context.ts'

export type PowerSyncSettings = Readonly<{
  /** Between two rounds of questions; 0: BMCs are asked for nothing but tasks. */
  powerSyncMs: number
  say: (machine: string, text: string) => void
  onFault: (error: unknown) => void
}>

/** BMCs that are asked at the same time (Ironic: `sync_power_state_workers`). */
const PARALLEL = 8
/** Failures in a row that change nothing yet (Ironic: `power_state_sync_max_retries`). */
const RETRIES = 3

/**
 * Asks every BMC again and again whether its machine is on, as Ironic's conductor does (`_sync_power_states` and
 * `_power_failure_recovery` of ironic/conductor/manager.py). What is found is what the machine shows; it is never switched.
 * A machine whose BMC fails more than `RETRIES` times in a row goes into maintenance with the fault `power failure`, and comes
 * back when the BMC answers. INVARIANTS: a machine at work, or one that an operator is switching, is not asked; an answer that came
 * too late for that changes nothing.
 */
export class PowerSync {
  readonly #world: ConductorWorld
  readonly #settings: PowerSyncSettings
  readonly #isWorking: (uuid: string) => boolean
  readonly #failures = new Map<string, number>()
  readonly #asking = new Map<string, AbortController>()
  readonly #taken = new Set<string>()
  readonly #stopping = new AbortController()
  #rounds: Promise<void> = Promise.resolve()

  constructor(world: ConductorWorld, settings: PowerSyncSettings, isWorking: (uuid: string) => boolean) {
    this.#world = world
    this.#settings = settings
    this.#isWorking = isWorking
  }

  /** Begins with a round. */
  start(): void {
    if (this.#settings.powerSyncMs > 0) this.#rounds = this.#go().catch(this.#settings.onFault)
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#rounds
  }

  /** Nobody asks the BMC of this machine any more: something is done with it now. */
  leave(uuid: string): void {
    this.#asking.get(uuid)?.abort()
  }

  /** Whether an operator is switching this machine. */
  isTaken(uuid: string): boolean {
    return this.#taken.has(uuid)
  }

  /** Keeps off a machine while `work` switches it. */
  async apart<T>(uuid: string, work: () => Promise<T>): Promise<T> {
    this.leave(uuid)
    this.#taken.add(uuid)
    try {
      return await work()
    } finally {
      this.#taken.delete(uuid)
    }
  }

  /** Asks about all machines, once. Those that failed before come first, so that they are known soon. */
  async round(): Promise<void> {
    const { store } = this.#world
    const failures = ({ uuid }: MachineRecord): number => this.#failures.get(uuid) ?? 0
    const machines = store.machines().toSorted((a, b) => failures(b) - failures(a))
    const places = new Queue(PARALLEL)
    await Promise.all(
      machines.map(({ uuid }) => places.through(() => this.#ask(uuid), this.#stopping.signal)),
    )
    for (const uuid of this.#failures.keys()) {
      if (store.machine(uuid) === undefined) this.#failures.delete(uuid)
    }
  }

  async #go(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      await this.round()
      await this.#world.clock.sleep(this.#settings.powerSyncMs, signal).catch(() => undefined)
    }
  }

  /** The machine, if it may be asked at this moment. */
  #free(uuid: string): MachineRecord | undefined {
    const machine = this.#world.store.machine(uuid)
    const isAtRest = !this.#isWorking(uuid) && !this.#taken.has(uuid) && !this.#stopping.signal.aborted
    if (machine === undefined || !isAtRest) return undefined
    // Of a machine without a BMC nobody can tell; one that was never managed may have a wrong address.
    if (machine.driver === 'manual-management' || machine.provisionState === 'enroll') return undefined
    return machine.maintenance && machine.fault === undefined ? undefined : machine
  }

  async #ask(uuid: string): Promise<void> {
    if (this.#free(uuid) === undefined) return
    const cancel = new AbortController()
    this.#asking.set(uuid, cancel)
    const signal = AbortSignal.any([cancel.signal, this.#stopping.signal])
    try {
      const found = await bmcOfMachine({ world: this.#world, uuid }).power(signal)
      const machine = signal.aborted ? undefined : this.#free(uuid)
      if (machine !== undefined) this.#found(machine, found)
    } catch (error) {
      const machine = signal.aborted ? undefined : this.#free(uuid)
      if (machine === undefined) return
      if (!isAnnealError(error)) throw error
      this.#failed(machine, error)
    } finally {
      this.#asking.delete(uuid)
    }
  }

  #found(machine: MachineRecord, power: PowerState): void {
    this.#failures.delete(machine.uuid)
    const isBack = machine.fault !== undefined
    if (isBack) this.#say(machine, 'its BMC answers again: it leaves maintenance')
    const before = machine.powerState
    const powerState = power === 'on' || power === 'off' ? (`power ${power}` as const) : before
    if (!isBack && powerState === before) return
    const { targetPowerState } = machine
    if (before !== undefined && powerState !== before && powerState !== targetPowerState) {
      this.#say(machine, `it is ${power}, and nobody asked for that here`)
    }
    const record = isBack ? outOfMaintenance(machine) : machine
    this.#save({ ...record, ...(powerState === undefined ? {} : { powerState }) })
  }

  #failed(machine: MachineRecord, error: Error): void {
    // What was never reached, and cannot be reached as it is enrolled, is no failure of power.
    if (machine.powerState === undefined && isAnnealError(error, 'BMC_UNKNOWN')) return
    const count = (this.#failures.get(machine.uuid) ?? 0) + 1
    this.#failures.set(machine.uuid, count)
    if (machine.fault !== undefined) return
    if (count <= RETRIES) {
      this.#say(machine, `its power state is not known, try ${count} of ${RETRIES + 1}: ${error.message}`)
      return
    }
    const why = `its power state could not be read ${count} times in a row: ${error.message}`
    this.#say(machine, `goes into maintenance: ${why}`)
    const { powerState: _, ...rest } = machine
    this.#save({
      ...rest,
      maintenance: true,
      maintenanceReason: why,
      fault: 'power failure',
      lastError: why,
    })
  }

  #save(machine: MachineRecord): void {
    const updatedAt = new Date(this.#world.clock.now()).toISOString()
    this.#world.store.saveMachine({ ...machine, updatedAt })
  }

  #say(machine: MachineRecord, text: string): void {
    this.#settings.say(nameOf(machine), text)
  }
}

/** What brought it there was the last error, too. */
function outOfMaintenance(machine: MachineRecord): MachineRecord {
  const { fault: _, maintenanceReason, lastError, ...rest } = machine
  const stays = lastError === undefined || lastError === maintenanceReason ? {} : { lastError }
  return { ...rest, ...stays, maintenance: false }
}
