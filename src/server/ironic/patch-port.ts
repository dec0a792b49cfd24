import { isObject } from '../../core/index.ts'
import type { Members, PortRecord } from '../../conductor/index.ts'
import { changedBelow, partsOf, patchSteps } from './json-patch.ts'
import { flagOf, invalid } from './read-request.ts'

type Link = NonNullable<PortRecord['connectedTo']>

/** What a client says of a port. */
export type WantedPort = Readonly<{
  /** Name or uuid. */
  node: string
  uuid?: string
  address: string
  pxeEnabled: boolean
  extra: Members
  connectedTo?: Link
}> &
  Pick<PortRecord, keyof typeof TEXTS>

/** Members that every port of this conductor has with the same value: it may be named, and nothing changes. */
const FIXED: Readonly<Record<string, unknown>> = {
  physical_network: null,
  portgroup_uuid: null,
  is_smartnic: false,
  available_for_dynamic_portgroup: true,
}

/** Texts of a port, and the most characters of each in Ironic. */
const TEXTS = { name: 255, description: 255, vendor: 32, category: 80 } as const

/** What the switch is called in Ironic’s local_link_connection. */
const LINK = { switch_id: 'switchId', port_id: 'portId', switch_info: 'switchName' } as const

/** What a body of `POST /v1/ports` asks for. Throws REQUEST_INVALID for every member that would be forgotten. */
export function newPort(wanted: Members): WantedPort {
  const known = [
    'node_uuid',
    'node_ident',
    'uuid',
    'address',
    'pxe_enabled',
    'extra',
    'local_link_connection',
    ...Object.keys(TEXTS),
  ]
  for (const [name, value] of Object.entries(wanted)) {
    if (known.includes(name)) continue
    if (!Object.hasOwn(FIXED, name)) throw invalid(`a port cannot have ${name}`)
    const is = FIXED[name]
    const isSame = value === is || value === null || (typeof is === 'boolean' && flagOf(name, value) === is)
    if (!isSame)
      throw invalid(
        `${name} is ${JSON.stringify(is)} on every port of this conductor, and cannot be ${JSON.stringify(value)}`,
      )
  }
  const { node_uuid, node_ident: node = node_uuid, address, uuid, extra, pxe_enabled: pxe } = wanted
  if (typeof node !== 'string' || typeof address !== 'string') {
    throw invalid('a port has a node_uuid and an address')
  }
  const link = linkIn(wanted['local_link_connection'])
  return {
    node,
    address,
    pxeEnabled: flagOf('pxe_enabled', pxe ?? true),
    extra: objectIn('extra', extra),
    ...(typeof uuid === 'string' ? { uuid } : {}),
    ...(link === undefined ? {} : { connectedTo: link }),
    ...textsIn(wanted),
  }
}

/** Applies a JSON patch to a port. Throws REQUEST_INVALID and changes nothing where a step is not possible. */
export function patchPort(port: PortRecord, steps: unknown): PortRecord & Pick<WantedPort, 'node'> {
  const before: Members = {
    node_uuid: port.machine,
    address: port.address,
    pxe_enabled: port.pxeEnabled,
    extra: port.extra,
    local_link_connection: shownLink(port),
    ...textsIn(port),
  }
  const after = patchSteps(steps).reduce((whole: Members, step) => {
    const parts = partsOf(step.path)
    if (parts[0] === 'uuid') throw invalid('the uuid of a port cannot be changed')
    const [name = ''] = parts
    const isText = parts.length === 1 && Object.hasOwn(TEXTS, name)
    if (isText && step.op === 'remove') return { ...whole, [name]: null }
    // A member that stands for nothing may be removed all the same.
    const isFixed = parts.length === 1 && Object.hasOwn(FIXED, name)
    if (isFixed && step.op === 'remove') return whole
    return changedBelow(whole, parts, isFixed || isText ? { ...step, op: 'add' } : step)
  }, before)
  const { node, address, pxeEnabled, extra, connectedTo, uuid: _uuid, ...texts } = newPort(after)
  const { connectedTo: _, name: _n, description: _d, vendor: _v, category: _c, ...rest } = port
  const link = connectedTo === undefined ? {} : { connectedTo: { ...described(port), ...connectedTo } }
  return { ...rest, ...texts, node, address, pxeEnabled, extra, ...link }
}

/** What LLDP said of the port beyond the members that Ironic has. */
function described({ connectedTo }: PortRecord): PortRecord['connectedTo'] {
  const text = connectedTo?.portDescription
  return text === undefined ? {} : { portDescription: text }
}

/** As Ironic’s inspection fills it in: by what LLDP says. */
export function shownLink({ connectedTo = {} }: PortRecord): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(LINK).flatMap(([name, member]) => {
      const value = connectedTo[member]
      return value === undefined ? [] : [[name, value] as const]
    }),
  )
}

function textsIn(wanted: Members | PortRecord): Pick<PortRecord, keyof typeof TEXTS> {
  return Object.fromEntries(
    Object.entries(TEXTS).flatMap(([name, most]) => {
      const value = (wanted as Members)[name]
      if (value === undefined || value === null) return []
      if (typeof value !== 'string' || value.length > most) {
        throw invalid(`${name} is a text of at most ${most} characters`)
      }
      return [[name, value] as const]
    }),
  )
}

function linkIn(value: unknown): Link | undefined {
  const link = objectIn('local_link_connection', value)
  const known = Object.entries(link).map(([name, one]) => {
    if (!Object.hasOwn(LINK, name)) throw invalid(`local_link_connection cannot have ${name}`)
    if (typeof one !== 'string') throw invalid(`local_link_connection/${name} is a text`)
    return [LINK[name as keyof typeof LINK], one] as const
  })
  return known.length === 0 ? undefined : Object.fromEntries(known)
}

function objectIn(name: string, value: unknown): Members {
  if (value === undefined || value === null) return {}
  if (isObject(value)) return value
  throw invalid(`${name} is an object`)
}
