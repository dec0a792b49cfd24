import { CREDENTIAL, conductorError, isCredential, nameOf } from '../../conductor/index.ts'
import type { DeployMethod, DriverName, MachineRecord, Members, PortRecord } from '../../conductor/index.ts'
import type { ConductorWorld } from '../../ports/index.ts'

export type NewMachine = Readonly<{
  uuid?: string
  name?: string
  driver: DriverName
  driverInfo: Members
  properties: Members
  extra: Members
  instanceInfo: Members
  resourceClass?: string
  deployInterface: DeployMethod
  owner?: string
  lessee?: string
  description?: string
  instanceName?: string
  automatedClean?: boolean
}>

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
/** A name that could be taken for a uuid would hide the machine that has it. */
const NAME = /^[A-Za-z0-9._~-]{1,255}$/
const NAME_RULE = 'it has to be of letters, digits, ".", "_", "~" and "-", and no UUID'
const MAC = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/

/** The machines and their ports, as they are enrolled. Everything is checked before anything is kept. */
export class Machines {
  readonly #world: Pick<ConductorWorld, 'store' | 'secrets' | 'clock'>

  constructor(world: Pick<ConductorWorld, 'store' | 'secrets' | 'clock'>) {
    this.#world = world
  }

  all(): readonly MachineRecord[] {
    return this.#world.store.machines()
  }

  /** By uuid or name. Throws MACHINE_UNKNOWN. */
  find(named: string): MachineRecord {
    const { store } = this.#world
    const found = UUID.test(named)
      ? store.machine(named)
      : store.machines().find(({ name }) => name === named)
    if (found === undefined) throw conductorError('MACHINE_UNKNOWN', { machine: named })
    return found
  }

  create(wanted: NewMachine): MachineRecord {
    const { store, secrets } = this.#world
    const uuid = wanted.uuid ?? secrets.uuid()
    if (!UUID.test(uuid)) throw invalid(`the uuid "${uuid}"`, 'it is no UUID in lower case')
    if (store.machine(uuid) !== undefined) {
      throw conductorError('MACHINE_EXISTS', { what: 'the uuid', value: uuid, machine: uuid })
    }
    this.#checkName(wanted.name, uuid)
    const at = this.#now()
    const { uuid: _, driverInfo, ...rest } = wanted
    const record: MachineRecord = {
      ...rest,
      uuid,
      driverInfo: this.#keepCredentials(uuid, driverInfo),
      traits: [],
      provisionState: 'enroll',
      provisionUpdatedAt: at,
      maintenance: false,
      protected: false,
      hasConfigDrive: false,
      createdAt: at,
      updatedAt: at,
    }
    store.saveMachine(record)
    return record
  }

  /** Replaces a machine. A value of driver_info that is `CREDENTIAL` stays what it is; no reason outlives a maintenance. */
  save(changed: MachineRecord): MachineRecord {
    this.#checkName(changed.name, changed.uuid)
    this.#checkInstance(changed)
    const { maintenanceReason: _reason, fault: _fault, ...working } = changed
    const record: MachineRecord = {
      ...(changed.maintenance ? changed : working),
      driverInfo: this.#keepCredentials(changed.uuid, changed.driverInfo),
      updatedAt: this.#now(),
    }
    this.#world.store.saveMachine(record)
    return record
  }

  /** Somebody is at the machine from here on: it leaves maintenance when they say so, and not by itself. */
  maintain(machine: MachineRecord, reason: string | undefined): MachineRecord {
    const { maintenanceReason: _reason, fault: _fault, ...rest } = machine
    const because = reason === undefined ? {} : { maintenanceReason: reason }
    return this.save({ ...rest, maintenance: true, ...because })
  }

  remove(machine: MachineRecord): void {
    refuseProtected(machine, 'remove')
    const free = ['enroll', 'manageable', 'available', 'inspect failed', 'clean failed']
    if (!machine.maintenance && !free.includes(machine.provisionState)) {
      throw conductorError('MACHINE_IN_USE', {
        machine: nameOf(machine),
        state: machine.provisionState,
      })
    }
    this.#world.store.removeMachine(machine.uuid)
  }

  ports(): readonly PortRecord[] {
    return this.#world.store.ports()
  }

  createPort(
    machine: MachineRecord,
    wanted: Readonly<{ uuid?: string }> & Omit<PortRecord, 'uuid' | 'machine' | 'createdAt'>,
  ): PortRecord {
    const { store, secrets } = this.#world
    const uuid = wanted.uuid ?? secrets.uuid()
    if (!UUID.test(uuid)) throw invalid(`the uuid "${uuid}"`, 'it is no UUID in lower case')
    if (store.ports().some((one) => one.uuid === uuid)) {
      throw conductorError('MACHINE_EXISTS', { what: 'the uuid', value: uuid, machine: uuid })
    }
    const port = { ...wanted, uuid, machine: machine.uuid, createdAt: this.#now() }
    return this.#savePort(port)
  }

  /** Replaces a port, which may become one of another machine. */
  changePort(changed: PortRecord, machine: MachineRecord): PortRecord {
    return this.#savePort({ ...changed, machine: machine.uuid })
  }

  #savePort(wanted: PortRecord): PortRecord {
    const { store } = this.#world
    const address = wanted.address.toLowerCase()
    if (!MAC.test(address)) throw invalid(`the address "${address}"`, 'it is no MAC address')
    const taken = store.ports().find((one) => one.address === address && one.uuid !== wanted.uuid)
    if (taken !== undefined) {
      const by = store.machine(taken.machine)?.name ?? taken.machine
      throw conductorError('MACHINE_EXISTS', { what: 'the port', value: address, machine: by })
    }
    this.#checkPortName(wanted)
    const port = { ...wanted, address }
    store.savePort(port)
    return port
  }

  #checkPortName({ name, uuid }: PortRecord): void {
    if (name === undefined) return
    if (!NAME.test(name) || UUID.test(name)) throw invalid(`the name "${name}"`, NAME_RULE)
    const other = this.ports().find((one) => one.name === name && one.uuid !== uuid)
    if (other === undefined) return
    throw conductorError('MACHINE_EXISTS', { what: 'the port name', value: name, machine: other.machine })
  }

  removePort(port: PortRecord): void {
    this.#world.store.removePort(port.uuid)
  }

  #checkName(name: string | undefined, uuid: string): void {
    if (name === undefined) return
    if (!NAME.test(name) || UUID.test(name)) {
      throw invalid(`the name "${name}"`, NAME_RULE)
    }
    const other = this.#world.store.machines().find((one) => one.name === name && one.uuid !== uuid)
    if (other !== undefined) {
      throw conductorError('MACHINE_EXISTS', { what: 'the name', value: name, machine: other.uuid })
    }
  }

  #checkInstance({ uuid, instanceUuid }: MachineRecord): void {
    if (instanceUuid === undefined) return
    const other = this.all().find((one) => one.instanceUuid === instanceUuid && one.uuid !== uuid)
    if (other === undefined) return
    throw conductorError('MACHINE_EXISTS', {
      what: 'the instance',
      value: instanceUuid,
      machine: nameOf(other),
    })
  }

  /** Takes credentials out of driver_info, into a file of their own. */
  #keepCredentials(uuid: string, info: Members): Members {
    const { store } = this.#world
    const before = store.credentials(uuid)
    const after: Record<string, string> = {}
    const shown = Object.entries(info).map(([name, value]) => {
      if (!isCredential(name)) return [name, value] as const
      if (typeof value !== 'string') throw invalid(`driver_info/${name}`, 'it is no text')
      after[name] = value === CREDENTIAL ? (before[name] ?? '') : value
      return [name, CREDENTIAL] as const
    })
    if (JSON.stringify(before) !== JSON.stringify(after)) store.saveCredentials(uuid, after)
    return Object.fromEntries(shown)
  }

  #now(): string {
    return new Date(this.#world.clock.now()).toISOString()
  }
}

/** Throws MACHINE_PROTECTED. */
export function refuseProtected(machine: MachineRecord, action: string): void {
  if (!machine.protected) return
  const { protectedReason: why } = machine
  const reason = why === undefined ? '' : `: ${why}`
  throw conductorError('MACHINE_PROTECTED', { action, machine: nameOf(machine), reason })
}

function invalid(what: string, why: string): Error {
  return conductorError('MACHINE_VALUE_INVALID', { what, why })
}
