import type { ServiceUnit } from '../../node/index.ts'
import type { UnitControl } from '../../ports/index.ts'
import type { CrashPoints } from '../../saga/index.ts'

/** What the units of a simulated node may do to its containers. */
export type UnitHost = Readonly<{
  points: CrashPoints
  /** Starts a container by name, as `docker start NAME` does. */
  start: (container: string) => void
  isRunning: (container: string) => boolean
}>

/**
 * Services of a simulated node that start containers, as systemd was seen to run them: a unit with `Restart=always`
 * starts its container at once when it ends, and nothing starts one that is disarmed.
 */
export class SimulatedUnits {
  readonly all: ServiceUnit[] = []
  readonly #host: UnitHost

  constructor(host: UnitHost) {
    this.#host = host
  }

  control(): UnitControl {
    const { points } = this.#host
    return {
      services: async () => this.all,
      changed: async () => [],
      disarm: (unit) => points.around('disarm unit', () => this.#change(unit, { disarmed: true })),
      rearm: (unit) => points.around('rearm unit', () => this.#change(unit, { disarmed: false })),
      start: (unit) => points.around('start unit', () => this.#start(unit)),
      endMain: (unit) => points.around('end unit', () => this.#change(unit, { activeState: 'inactive' })),
    }
  }

  /** A container has ended, whoever ended it. */
  containerEnded(container: string): void {
    for (const unit of this.#of(container)) {
      if (unit.activeState !== 'active') continue
      this.#change(unit.name, { activeState: 'inactive' })
      if (unit.restart === 'always') this.#start(unit.name)
    }
  }

  /** The power goes: nobody restarts what ends. */
  powerOff(): void {
    for (const { name } of this.all) this.#change(name, { activeState: 'inactive' })
  }

  /** What is enabled starts. */
  boot(): void {
    for (const { name, fileState } of this.all) if (fileState === 'enabled') this.#start(name)
  }

  #of(container: string): readonly ServiceUnit[] {
    return this.all.filter(({ starts }) => starts.some((line) => line.endsWith(` ${container}`)))
  }

  #start(name: string): void {
    const unit = this.all.find((candidate) => candidate.name === name)
    if (unit === undefined || unit.disarmed === true || unit.activeState === 'active') return
    const container = unit.starts[0]?.split(' ').at(-1) ?? ''
    this.#change(name, { activeState: 'active' })
    if (!this.#host.isRunning(container)) this.#host.start(container)
  }

  #change(name: string, changes: Partial<ServiceUnit>): void {
    const index = this.all.findIndex((unit) => unit.name === name)
    const unit = this.all[index]
    if (unit !== undefined) this.all[index] = { ...unit, ...changes }
  }
}
