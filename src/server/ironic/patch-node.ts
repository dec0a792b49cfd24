import { isObject } from '../../core/index.ts'
import { DEPLOY_METHODS } from '../../conductor/index.ts'
import type { DeployMethod, DriverName, MachineRecord } from '../../conductor/index.ts'
import { changedBelow, partsOf, patchSteps } from './json-patch.ts'
import type { PatchStep } from './json-patch.ts'
import { fixedInterfaces } from './node-document.ts'
import { flagOf, invalid } from './read-request.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Members of a node that a client may set, by Ironic’s names. */
const SETTABLE = {
  name: 'name',
  driver: 'driver',
  driver_info: 'driverInfo',
  properties: 'properties',
  instance_info: 'instanceInfo',
  extra: 'extra',
  resource_class: 'resourceClass',
  instance_uuid: 'instanceUuid',
  deploy_interface: 'deployInterface',
  owner: 'owner',
  lessee: 'lessee',
  description: 'description',
  maintenance: 'maintenance',
  maintenance_reason: 'maintenanceReason',
  protected: 'protected',
  protected_reason: 'protectedReason',
  automated_clean: 'automatedClean',
  instance_name: 'instanceName',
} as const satisfies Readonly<Record<string, keyof MachineRecord>>

type Settable = (typeof SETTABLE)[keyof typeof SETTABLE]

/** Members that every node of this conductor has with the same value: it may be named, and nothing changes. */
const FIXED: Readonly<Record<string, string | boolean | null>> = {
  chassis_uuid: null,
  conductor_group: '',
  disable_power_off: false,
  network_data: null,
  parent_node: null,
  retired: false,
  retired_reason: null,
  shard: null,
}

/**
 * Whether a member is the same on every node of a driver, and `value` is what it is. Throws REQUEST_INVALID where another value is asked
 * for: a client that is told nothing would believe that it was set.
 */
export function isFixed(driver: DriverName, name: string, value: unknown): boolean {
  const fixed = { ...FIXED, ...fixedInterfaces(driver) }
  if (!Object.hasOwn(fixed, name)) return false
  const is = fixed[name]
  const isNone = value === undefined || (name === 'console_interface' && value === 'no-console')
  if (isNone || value === is) return true
  if (typeof is === 'boolean' && flagOf(name, value) === is) return true
  throw invalid(
    `${name} is ${JSON.stringify(is)} on every machine of this conductor with the driver ${driver}, and cannot be ${JSON.stringify(value)}`,
  )
}

/** Applies a JSON patch to a node. Throws REQUEST_INVALID and changes nothing where a step is not possible. */
export function patchNode(machine: MachineRecord, steps: unknown): MachineRecord {
  const changed = patchSteps(steps).reduce<MachineRecord>(applied, machine)
  // As Ironic, for Nova, which knows the member alone.
  const shown = changed.instanceInfo['display_name']
  const isToldNow = shown !== machine.instanceInfo['display_name'] && changed.instanceName === undefined
  return isToldNow && typeof shown === 'string' && shown !== ''
    ? { ...changed, instanceName: shown }
    : changed
}

function applied(machine: MachineRecord, { op, path, value }: PatchStep): MachineRecord {
  const [name = '', ...below] = partsOf(path)
  if (isFixed(machine.driver, name, op === 'remove' ? undefined : value)) return machine
  if (!Object.hasOwn(SETTABLE, name)) throw invalid(`${path} cannot be changed`)
  const member = SETTABLE[name as keyof typeof SETTABLE]
  if (below.length > 0) return withBelow(machine, member, below, { op, path, value })
  if (op === 'remove') {
    if (member === 'protected') return unprotected(machine)
    if (member === 'driver' || member === 'maintenance') {
      throw invalid(`${path} cannot be removed`)
    }
    if (member === 'deployInterface') {
      refuseInUse(machine, member, 'stream')
      return { ...machine, deployInterface: 'stream' }
    }
    if (isObject(machine[member])) return { ...machine, [member]: {} }
    const { [member]: _, ...rest } = machine
    return rest as MachineRecord
  }
  const set = valueFor(member, value, path)
  refuseInUse(machine, member, set)
  if (member === 'protected' && set === false) return unprotected(machine)
  if (member === 'protected' && machine.provisionState !== 'active') {
    throw invalid(
      `a node can be protected in the provision state active; its state is "${machine.provisionState}"`,
    )
  }
  return { ...machine, [member]: set }
}

/** Where nothing runs on a machine that its driver or interface brought there. */
const AT_REST = ['enroll', 'manageable', 'available', 'inspecting', 'inspect wait', 'inspect failed']

/** As Ironic: what a machine was deployed by stays, and an instance is taken off before another takes its place. */
function refuseInUse(machine: MachineRecord, member: Settable, value: unknown): void {
  const { provisionState, maintenance, instanceUuid } = machine
  const isHow = member === 'driver' || member === 'deployInterface'
  if (isHow && value !== machine[member] && !maintenance && !AT_REST.includes(provisionState)) {
    throw invalid(
      `the ${member === 'driver' ? 'driver' : 'deploy interface'} of a node in the provision state "${provisionState}" cannot be changed, unless it is in maintenance`,
    )
  }
  if (member === 'instanceUuid' && instanceUuid !== undefined && instanceUuid !== value) {
    throw invalid(`the node is associated with instance ${instanceUuid}: remove instance_uuid first`)
  }
}

function unprotected({ protectedReason: _reason, ...machine }: MachineRecord): MachineRecord {
  return { ...machine, protected: false }
}

function withBelow(
  machine: MachineRecord,
  member: keyof MachineRecord,
  below: readonly string[],
  step: PatchStep,
): MachineRecord {
  const whole = machine[member]
  if (!isObject(whole)) throw invalid(`${step.path} is below something that has no members`)
  return { ...machine, [member]: changedBelow(whole, below, step) }
}

function valueFor(member: Settable, value: unknown, path: string): unknown {
  switch (member) {
    case 'driver':
      return driverNamed(value)
    case 'deployInterface':
      return deployMethodNamed(value)
    case 'driverInfo':
    case 'properties':
    case 'instanceInfo':
    case 'extra':
      if (!isObject(value)) throw invalid(`${path} is an object`)
      return value
    case 'maintenance':
    case 'protected':
      return flagOf(path, value)
    case 'instanceName':
      if (typeof value === 'string' && value.length > 0 && value.length <= 255) return value
      throw invalid(`${path} is a text of 1 to 255 characters`)
    case 'automatedClean':
      return value === null ? undefined : flagOf(path, value)
    case 'instanceUuid':
      if (typeof value !== 'string' || !UUID.test(value))
        throw invalid(`${path} is a UUID, not ${JSON.stringify(value)}`)
      return value
    case 'name':
    case 'resourceClass':
    case 'owner':
    case 'lessee':
    case 'description':
    case 'maintenanceReason':
    case 'protectedReason':
      if (typeof value !== 'string') throw invalid(`${path} is a text`)
      return value
  }
}

export function driverNamed(value: unknown): DriverName {
  if (value === 'ipmi' || value === 'redfish' || value === 'manual-management') return value
  throw invalid(`driver ${JSON.stringify(value)} is none of ipmi, redfish and manual-management`)
}

export function deployMethodNamed(value: unknown): DeployMethod {
  const found = DEPLOY_METHODS.find((one) => one === value)
  if (found !== undefined) return found
  throw invalid(`deploy_interface ${JSON.stringify(value)} is none of ${DEPLOY_METHODS.join(', ')}`)
}
