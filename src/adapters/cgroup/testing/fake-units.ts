import type { RescueMethod } from '../../../node/index.ts'
import type { Machine, NewMachine, NewScope, Units } from '../../systemd/index.ts'
import type { FakeKernel } from './fake-kernel.ts'

/** systemd and machined over a fake kernel: scopes, machines, and the moves that making them brings about. */
export class FakeUnits implements Units {
  readonly machines = new Map<number, Machine>()
  readonly scopes = new Map<string, string>()
  readonly properties = new Map<string, number>()
  readonly #kernel: FakeKernel
  readonly #method: RescueMethod

  constructor(kernel: FakeKernel, method: RescueMethod) {
    this.#kernel = kernel
    this.#method = method
  }

  method(): Promise<RescueMethod> {
    return Promise.resolve(this.#method)
  }

  machineOf(pid: number): Promise<Machine | undefined> {
    return Promise.resolve(this.machines.get(pid))
  }

  createMachine({ name, pid, slice }: NewMachine): Promise<void> {
    const unit = `machine-${name.replaceAll('-', '\\x2d')}.scope`
    this.#start(unit, slice, [pid])
    this.machines.set(pid, { name, unit })
    return Promise.resolve()
  }

  startScope({ unit, slice, pids }: NewScope): Promise<void> {
    this.#start(unit, slice, pids)
    return Promise.resolve()
  }

  cgroupOf(unit: string): Promise<string | undefined> {
    return Promise.resolve(this.scopes.get(unit))
  }

  setProperties(unit: string, properties: Readonly<Record<string, number>>): Promise<void> {
    this.#kernel.onChange(`properties of ${unit}`)
    for (const [name, value] of Object.entries(properties)) this.properties.set(`${unit} ${name}`, value)
    return Promise.resolve()
  }

  #start(unit: string, slice: string, pids: readonly number[]): void {
    this.#kernel.onChange(`start ${unit}`)
    const path = `/${slice}/${unit}`
    // What systemd 252 manages on v1; the rest (cpuset, freezer, …) it leaves alone.
    this.#kernel.attachByUnit(pids, path, [
      'name=systemd',
      'cpu',
      'cpuacct',
      'blkio',
      'memory',
      'devices',
      'pids',
    ])
    this.scopes.set(unit, path)
  }
}
