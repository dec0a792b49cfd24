import { isObject } from '../../core/index.ts'
import type { Members } from '../../conductor/index.ts'
import type { NewMachine } from '../../app/conductor/index.ts'
import { deployMethodNamed, driverNamed, isFixed } from './patch-node.ts'
import { flagOf, invalid } from './read-request.ts'

/** Texts of a new node, by Ironic’s names. */
const TEXTS = {
  uuid: 'uuid',
  name: 'name',
  resource_class: 'resourceClass',
  owner: 'owner',
  lessee: 'lessee',
  description: 'description',
  instance_name: 'instanceName',
} as const

const OBJECTS = {
  driver_info: 'driverInfo',
  properties: 'properties',
  extra: 'extra',
  instance_info: 'instanceInfo',
} as const

/** What a body of `POST /v1/nodes` asks for. Throws REQUEST_INVALID for every member that would be forgotten. */
export function newNode(wanted: Members): NewMachine {
  const driver = driverNamed(wanted['driver'])
  const found: Record<string, unknown> = {
    driver,
    driverInfo: {},
    properties: {},
    extra: {},
    instanceInfo: {},
    deployInterface: deployMethodNamed(wanted['deploy_interface'] ?? 'stream'),
  }
  for (const [name, value] of Object.entries(wanted)) {
    const isTaken =
      name === 'driver' || name === 'deploy_interface' || isFixed(driver, name, value ?? undefined)
    if (isTaken || value === null) continue
    if (Object.hasOwn(TEXTS, name)) {
      if (typeof value !== 'string') throw invalid(`${name} is a text`)
      found[TEXTS[name as keyof typeof TEXTS]] = value
    } else if (name === 'automated_clean') {
      found['automatedClean'] = flagOf(name, value)
    } else if (Object.hasOwn(OBJECTS, name)) {
      if (!isObject(value)) throw invalid(`${name} is an object`)
      found[OBJECTS[name as keyof typeof OBJECTS]] = value
    } else throw invalid(`a new node cannot have ${name}`)
  }
  return found as NewMachine
}
