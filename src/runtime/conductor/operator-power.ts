import { conductorError, lastErrorOf, nameOf } from '../../conductor/index.ts'
import type { MachineRecord } from '../../conductor/index.ts'
import type { ConductorWorld } from '../../ports/index.ts'
import { chooseAgain } from './choose-boot.ts'
import type { PowerSyncSettings } from './power-sync.ts'
import { bmcOfMachine, powerNow } from './task-context.ts'

export type PowerWish = 'on' | 'off' | 'reset' | 'shutDown'

type Settings = Pick<PowerSyncSettings, 'say' | 'onFault'>

/** How long a system may take to shut down (Ironic: `soft_power_off_timeout`). */
const SHUT_DOWN_MS = 600_000
const LOOK_MS = 5000

/**
 * Power that is asked for by name, and not by a task. A system that was asked to shut down is waited for, and its machine shows
 * `power off` as its target meanwhile, as with Ironic: a client asks once. One that does not shut down in its time shows why.
 * INVARIANT: nothing is switched by the wait. Any other wish, and any task, ends it.
 */
export class OperatorPower {
  readonly #world: ConductorWorld
  readonly #settings: Settings
  readonly #waits = new Map<string, Readonly<{ cancel: AbortController; ended: Promise<void> }>>()

  constructor(world: ConductorWorld, settings: Settings) {
    this.#world = world
    this.#settings = settings
  }

  /** Goes on to wait for systems that an earlier process asked to shut down. */
  start(): void {
    for (const { uuid, targetPowerState } of this.#world.store.machines())
      if (targetPowerState === 'power off') this.#wait(uuid, SHUT_DOWN_MS)
  }

  async stop(): Promise<void> {
    const waits = [...this.#waits.values()]
    for (const { cancel } of waits) cancel.abort()
    await Promise.all(waits.map(({ ended }) => ended))
  }

  /** Nobody waits for the end of this machine's system any more: something else is done with it now. */
  leave(uuid: string): void {
    this.#waits.get(uuid)?.cancel.abort()
    const machine = this.#world.store.machine(uuid)
    if (machine?.targetPowerState === undefined) return
    const { targetPowerState: _, ...rest } = machine
    this.#save(rest)
  }

  /** Resolves when the machine's BMC has taken it. What it said before of a switch that failed is gone then. */
  async ask(machine: MachineRecord, wanted: PowerWish, shutDownMs = SHUT_DOWN_MS): Promise<void> {
    const { uuid } = machine
    const bmc = bmcOfMachine({ world: this.#world, uuid })
    this.leave(uuid)
    if (wanted === 'shutDown') {
      await bmc.shutDown()
      this.#change(uuid, { targetPowerState: 'power off' })
      this.#wait(uuid, shutDownMs)
      return
    }
    const found = await bmc.power()
    if (wanted === 'reset' || (wanted === 'on' && found !== 'on')) await chooseAgain(bmc, machine)
    if (wanted === 'reset' && found === 'on') await bmc.setPower('reset')
    else await bmc.setPower(wanted === 'off' ? 'off' : 'on')
    this.#change(uuid, { powerState: wanted === 'off' ? 'power off' : 'power on' })
  }

  #wait(uuid: string, shutDownMs: number): void {
    const cancel = new AbortController()
    const ended = this.#awaitOff(uuid, shutDownMs, cancel.signal)
      .catch((error: unknown) => {
        if (!cancel.signal.aborted) this.#settings.onFault(error)
      })
      .finally(() => {
        if (this.#waits.get(uuid)?.cancel === cancel) this.#waits.delete(uuid)
      })
    this.#waits.set(uuid, { cancel, ended })
  }

  async #awaitOff(uuid: string, shutDownMs: number, signal: AbortSignal): Promise<void> {
    const { clock, store } = this.#world
    for (const sinceMs = clock.monotonic(); ;) {
      const power = await powerNow({ world: this.#world, uuid, signal })
      signal.throwIfAborted()
      const machine = store.machine(uuid)
      if (machine?.targetPowerState === undefined) return
      const { targetPowerState: _, ...rest } = machine
      if (power === 'off') return this.#save({ ...rest, powerState: 'power off' })
      if (clock.monotonic() - sinceMs >= shutDownMs) {
        const seconds = Math.round(shutDownMs / 1000)
        const error = conductorError('MACHINE_SHUT_DOWN_IGNORED', { machine: nameOf(machine), seconds })
        this.#settings.say(nameOf(machine), error.message)
        return this.#save({ ...rest, lastError: lastErrorOf(error) })
      }
      await clock.sleep(LOOK_MS, signal)
    }
  }

  #change(uuid: string, changed: Partial<MachineRecord>): void {
    const machine = this.#world.store.machine(uuid)
    if (machine === undefined) return
    const { lastError: _, ...rest } = machine
    this.#save({ ...rest, ...changed })
  }

  #save(machine: MachineRecord): void {
    const updatedAt = new Date(this.#world.clock.now()).toISOString()
    this.#world.store.saveMachine({ ...machine, updatedAt })
  }
}
