import type { Conductor } from '../../app/conductor/index.ts'
import { raise } from '../errors.ts'
import type { Members, PortRecord } from '../../conductor/index.ts'
import type { Request, Routes } from '../route.ts'
import { NO_CONTENT, json } from './json-reply.ts'
import { equals, listed, membersOf } from './listing.ts'
import { linksOf } from './node-document.ts'
import { newPort, patchPort, shownLink } from './patch-port.ts'
import { fieldsOf, objectOf, parsed } from './read-request.ts'

const SHORT = ['uuid', 'address', 'links'] as const

const EXAMPLE: PortRecord = {
  uuid: '',
  machine: '',
  address: '',
  pxeEnabled: true,
  extra: {},
  createdAt: '',
}

/** `/v1/ports` of Ironic’s API, and the ports of a node. */
export function portRoutes(conductor: Conductor, url: string): Routes {
  const { machines } = conductor
  const document = (port: PortRecord): Members => portDocument(port, url)
  const named = ({ parts }: Request): PortRecord => {
    const wanted = parts['port'] ?? ''
    const found = machines
      .ports()
      .find(
        ({ uuid, name, address }) => uuid === wanted || name === wanted || address === wanted.toLowerCase(),
      )
    if (found === undefined) throw raise('PORT_UNKNOWN', { port: wanted })
    return found
  }
  const ofNode = (port: Members, node: string): boolean => port['node_uuid'] === machines.find(node).uuid
  const list = (request: Request, ports: readonly PortRecord[], whole?: true) =>
    listed(request, {
      name: 'ports',
      resources: ports.map(document),
      example: document(EXAMPLE),
      short: SHORT,
      filters: {
        node: ofNode,
        node_uuid: ofNode,
        address: (port, wanted) => port['address'] === wanted.toLowerCase(),
        portgroup: equals,
        // All are in the group without a name.
        conductor_groups: (_, wanted) => wanted.split(',').includes(''),
        shard: () => false,
      },
      url,
      ...(whole === undefined ? {} : { whole }),
    })
  const all = (request: Request): readonly PortRecord[] => {
    const { query } = request
    const node = query.get('node') ?? query.get('node_uuid')
    // A node that is not there is an error, also where no port is.
    if (node !== null) machines.find(node)
    return machines.ports()
  }
  const one = (port: PortRecord, request: Request) => {
    const whole = document(port)
    const fields = fieldsOf(request, whole)
    return json(200, fields === undefined ? whole : membersOf(whole, fields))
  }
  return {
    'GET /v1/ports': (request) => list(request, all(request)),
    'GET /v1/ports/detail': (request) => list(request, all(request), true),
    'GET /v1/nodes/{node}/ports': (request) => {
      const { uuid } = machines.find(request.parts['node'] ?? '')
      return list(
        request,
        machines.ports().filter(({ machine }) => machine === uuid),
      )
    },
    'POST /v1/ports': async (request) => {
      const { node, ...wanted } = newPort(objectOf(await request.text()))
      const made = machines.createPort(machines.find(node), wanted)
      await conductor.portsChanged()
      return json(201, document(made))
    },
    'GET /v1/ports/{port}': (request) => one(named(request), request),
    'PATCH /v1/ports/{port}': async (request) => {
      const steps = parsed(await request.text())
      const found = named(request)
      conductor.refuseBusy(machines.find(found.machine), 'change')
      const { node, ...changed } = patchPort(found, steps)
      const saved = machines.changePort(changed, machines.find(node))
      await conductor.portsChanged()
      return json(200, document(saved))
    },
    'DELETE /v1/ports/{port}': async (request) => {
      const found = named(request)
      conductor.refuseBusy(machines.find(found.machine), 'change')
      machines.removePort(found)
      await conductor.portsChanged()
      return NO_CONTENT
    },
  }
}

/** https://docs.openstack.org/api-ref/baremetal/#ports-ports */
function portDocument(port: PortRecord, url: string): Members {
  return {
    uuid: port.uuid,
    address: port.address,
    node_uuid: port.machine,
    pxe_enabled: port.pxeEnabled,
    extra: port.extra,
    local_link_connection: shownLink(port),
    internal_info: {},
    physical_network: null,
    portgroup_uuid: null,
    is_smartnic: false,
    name: port.name ?? null,
    description: port.description ?? null,
    vendor: port.vendor ?? null,
    category: port.category ?? null,
    available_for_dynamic_portgroup: true,
    created_at: port.createdAt,
    updated_at: null,
    links: linksOf(url, 'ports', port.uuid),
  }
}
