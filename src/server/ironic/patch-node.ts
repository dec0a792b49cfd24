import { CONSOLE_INTERFACE } from './node-document.ts'
import { isObject } from '../../core/index.ts'
import { DEPLOY_METHODS } from '../../conductor/index.ts'
import type { DeployMethod, DriverName, MachineRecord, Members } from '../../conductor/index.ts'
import { raise } from '../errors.ts'

/** One step of a JSON patch (RFC 6902). */
type Step = Readonly<{ op: string; path: string; value?: unknown }>

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
} as const satisfies Readonly<Record<string, keyof MachineRecord>>

type Settable = (typeof SETTABLE)[keyof typeof SETTABLE]

/** Interfaces that have exactly one implementation here: they may be named, and nothing changes. */
const FIXED: Readonly<Record<string, string>> = {
  boot_interface: 'ipxe',
  network_interface: 'noop',
  inspect_interface: 'agent',
  storage_interface: 'noop',
  raid_interface: 'no-raid',
  rescue_interface: 'no-rescue',
  vendor_interface: 'no-vendor',
  bios_interface: 'no-bios',
}

/** Applies a JSON patch to a node. Throws REQUEST_INVALID and changes nothing where a step is not possible. */
export function patchNode(machine: MachineRecord, steps: unknown): MachineRecord {
  if (!Array.isArray(steps)) throw invalid('a change of a node is a list of steps')
  return steps.reduce<MachineRecord>((changed, step) => applied(changed, stepOf(step)), machine)
}

function stepOf(value: unknown): Step {
  const step = value as Partial<Step> | null
  if (
    typeof step !== 'object' ||
    step === null ||
    typeof step.path !== 'string' ||
    typeof step.op !== 'string'
  ) {
    throw invalid('a step has an op and a path')
  }
  if (!['add', 'replace', 'remove'].includes(step.op)) throw invalid(`op "${step.op}" is not known`)
  return { op: step.op, path: step.path, value: step.value }
}

function applied(machine: MachineRecord, { op, path, value }: Step): MachineRecord {
  const [, name = '', ...below] = path
    .split('/')
    .map((one) => one.replaceAll('~1', '/').replaceAll('~0', '~'))
  const isConsole = name === 'console_interface'
  const fixed = isConsole ? CONSOLE_INTERFACE[machine.driver] : FIXED[name]
  if (fixed !== undefined) {
    if (op === 'remove' || value === fixed || (isConsole && value === 'no-console')) return machine
    throw invalid(
      `${name} is ${fixed} on every machine of this conductor, and cannot be ${JSON.stringify(value)}`,
    )
  }
  if (!Object.hasOwn(SETTABLE, name)) throw invalid(`${path} cannot be changed`)
  const member = SETTABLE[name as keyof typeof SETTABLE]
  if (below.length > 0) return withBelow(machine, member, below, { op, path, value })
  if (op === 'remove') {
    if (member === 'driver' || member === 'maintenance' || member === 'protected') {
      throw invalid(`${path} cannot be removed`)
    }
    if (member === 'deployInterface') return { ...machine, deployInterface: 'stream' }
    if (isObject(machine[member])) return { ...machine, [member]: {} }
    const { [member]: _, ...rest } = machine
    return rest as MachineRecord
  }
  return { ...machine, [member]: valueFor(member, value, path) }
}

function withBelow(
  machine: MachineRecord,
  member: keyof MachineRecord,
  below: readonly string[],
  step: Step,
): MachineRecord {
  const whole = machine[member]
  if (!isObject(whole)) throw invalid(`${step.path} is below something that has no members`)
  return { ...machine, [member]: changedBelow(whole, below, step) }
}

function changedBelow(whole: Members, [name = '', ...below]: readonly string[], step: Step): Members {
  if (below.length > 0) {
    const inner = whole[name]
    if (!isObject(inner)) throw invalid(`${step.path} is below something that is not there`)
    return { ...whole, [name]: changedBelow(inner, below, step) }
  }
  if (step.op !== 'add' && !Object.hasOwn(whole, name)) throw invalid(`${step.path} is not there`)
  if (step.op === 'remove') {
    const { [name]: _, ...rest } = whole
    return rest
  }
  return Object.fromEntries([...Object.entries(whole), [name, step.value]])
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
    case 'protected': {
      const flag = value === true || value === 'true' || value === 'True'
      const isFlag = flag || value === false || value === 'false' || value === 'False'
      if (!isFlag) throw invalid(`${path} is true or false`)
      return flag
    }
    case 'name':
    case 'resourceClass':
    case 'instanceUuid':
    case 'owner':
    case 'lessee':
    case 'description':
    case 'maintenanceReason':
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

export function invalid(why: string): Error {
  return raise('REQUEST_INVALID', { why })
}
