import { existsSync, statSync } from 'node:fs'
import { isAnnealError } from '../../core/index.ts'
import type { RescueMethod } from '../../node/index.ts'
import { systemBus } from './busctl.ts'
import type { Bus, BusObject } from './busctl.ts'
import { raiseSystemd } from './errors.ts'

/** What a rescue needs of systemd and systemd-machined. */
export interface Units {
  /** `machined` where it answers, `systemd` where it is not installed, `cgroups` where systemd is not the init. */
  method(): Promise<RescueMethod>
  /** The machine that a process belongs to. */
  machineOf(pid: number): Promise<Machine | undefined>
  /** Registers a guest: systemd makes its scope and moves the process into it. */
  createMachine(machine: NewMachine): Promise<void>
  /** Makes a scope and moves the processes into it. */
  startScope(scope: NewScope): Promise<void>
  /** cgroup path of a unit; undefined while it is not active. */
  cgroupOf(unit: string): Promise<string | undefined>
  setProperties(unit: string, properties: Readonly<Record<string, number>>): Promise<void>
}

export type Machine = Readonly<{ name: string; unit: string }>

export type NewMachine = Readonly<{ name: string; uuid: string; pid: number; slice: string }>

export type NewScope = Readonly<{ unit: string; slice: string; description: string; pids: readonly number[] }>

export type UnitsOptions = Readonly<{ bus?: Bus; root?: string }>

const MACHINED: BusObject = {
  service: 'org.freedesktop.machine1',
  path: '/org/freedesktop/machine1',
  interface: 'org.freedesktop.machine1.Manager',
}

const SYSTEMD: BusObject = {
  service: 'org.freedesktop.systemd1',
  path: '/org/freedesktop/systemd1',
  interface: 'org.freedesktop.systemd1.Manager',
}

const DBUS: BusObject = {
  service: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
}

/** What libvirt gives its machines (virSystemdCreateMachine), so that a shutdown treats rescued ones alike. */
const ORDER: readonly (readonly string[])[] = [
  ['After', 'as', '2', 'libvirtd.service', 'virtqemud.service'],
  ['Before', 'as', '1', 'virt-guest-shutdown.target'],
]

export function systemdUnits(options: UnitsOptions = {}): Units {
  const bus = options.bus ?? systemBus()
  const bootedWithSystemd = (): boolean => {
    const path = `${options.root ?? ''}/run/systemd/system`
    // sd_booted(3)
    return existsSync(path) && statSync(path).isDirectory()
  }
  return {
    async method() {
      if (!bootedWithSystemd()) return 'cgroups'
      // The very question libvirt asks (virSystemdHasMachined): what it finds decides how it looks for its guests.
      const names = await bus.call('list its services', DBUS, 'ListActivatableNames', [])
      if (!JSON.stringify(names.data).includes(`"${MACHINED.service}"`)) return 'systemd'
      try {
        await bus.call('list machines', MACHINED, 'ListMachines', [])
        return 'machined'
      } catch (error) {
        if (!isAnnealError(error)) throw error
        throw raiseSystemd('MACHINED_BROKEN', { reason: error.data['reason'] ?? error.message }, error)
      }
    },
    async machineOf(pid) {
      let path: string
      try {
        path = first(
          await bus.call('find the machine of a process', MACHINED, 'GetMachineByPID', ['u', String(pid)]),
        )
      } catch (error) {
        if (
          isAnnealError(error, 'SYSTEMD_REFUSED') &&
          /does not belong to any known machine/.test(error.message)
        ) {
          return undefined
        }
        throw error
      }
      const machine = { service: MACHINED.service, path, interface: 'org.freedesktop.machine1.Machine' }
      const [name, unit] = [
        await bus.property('read a machine', machine, 'Name'),
        await bus.property('read a machine', machine, 'Unit'),
      ]
      return { name: String(name), unit: String(unit) }
    },
    async createMachine({ name, uuid, pid, slice }) {
      const id = Array.from(Buffer.from(uuid.replaceAll('-', ''), 'hex'), String)
      await bus.call(`register machine "${name}"`, MACHINED, 'CreateMachine', [
        'sayssusa(sv)',
        name,
        String(id.length),
        ...id,
        'libvirt-qemu',
        'vm',
        String(pid),
        '',
        ...properties([['Slice', 's', slice], ...ORDER]),
      ])
    },
    async startScope({ unit, slice, description, pids }) {
      await bus.call(`start "${unit}"`, SYSTEMD, 'StartTransientUnit', [
        'ssa(sv)a(sa(sv))',
        unit,
        'fail',
        ...properties([
          ['PIDs', 'au', String(pids.length), ...pids.map(String)],
          ['Slice', 's', slice],
          ['Delegate', 'b', 'true'],
          ['CollectMode', 's', 'inactive-or-failed'],
          ['Description', 's', description],
          ...ORDER,
        ]),
        '0',
      ])
    },
    async cgroupOf(unit) {
      try {
        const path = first(await bus.call('find a unit', SYSTEMD, 'GetUnit', ['s', unit]))
        const object = { service: SYSTEMD.service, path, interface: 'org.freedesktop.systemd1.Unit' }
        if ((await bus.property('read a unit', object, 'ActiveState')) !== 'active') return undefined
        const scope = { ...object, interface: 'org.freedesktop.systemd1.Scope' }
        const cgroup = String(await bus.property('read a unit', scope, 'ControlGroup'))
        return cgroup === '' ? undefined : cgroup
      } catch (error) {
        if (isAnnealError(error, 'SYSTEMD_REFUSED') && /not loaded/.test(error.message)) return undefined
        throw error
      }
    },
    async setProperties(unit, values) {
      const entries = Object.entries(values)
      if (entries.length === 0) return
      await bus.call(`set limits of "${unit}"`, SYSTEMD, 'SetUnitProperties', [
        'sba(sv)',
        unit,
        // For the life of the unit only.
        'true',
        ...properties(entries.map(([name, value]) => [name, 't', String(value)])),
      ])
    },
  }
}

/** An `a(sv)` in busctl's words: how many, then name, signature and value of each. */
function properties(list: readonly (readonly string[])[]): readonly string[] {
  return [String(list.length), ...list.flat()]
}

/** The first value of a reply. */
function first(reply: Readonly<{ data: unknown }>): string {
  return String((reply.data as readonly unknown[])[0])
}
