import { isObject } from '../../core/index.ts'
import type { Conductor } from '../../app/conductor/index.ts'
import type { MachineRecord, PortRecord } from '../../conductor/index.ts'
import type { Request, Routes } from '../route.ts'
import { NO_CONTENT, fault, json } from './json-reply.ts'
import { rootDocument, versionDocument } from './microversions.ts'
import { driverDocument, linksOf } from './node-document.ts'
import { nodeRoutes, objectOf } from './node-routes.ts'
import { invalid } from './patch-node.ts'

const DRIVERS = ['ipmi', 'redfish', 'manual-management'] as const

/** The part of Ironic’s API v1 that the conductor speaks; docs/conductor.md has the list. */
export function ironicRoutes(conductor: Conductor, url: string): Routes {
  const { machines, settings } = conductor
  const port = (one: PortRecord) => portDocument(one, url)
  const ports = (machine?: MachineRecord) =>
    machines.ports().filter((one) => machine === undefined || one.machine === machine.uuid)
  const portNamed = ({ parts }: Request): PortRecord => {
    const named = parts['port'] ?? ''
    const found = machines
      .ports()
      .find(({ uuid, address }) => uuid === named || address === named.toLowerCase())
    if (found === undefined) throw invalid(`there is no port ${named}`)
    return found
  }
  const empty = (name: string) => () => json(200, { [name]: [] })
  const listPorts = ({ query }: Request) => {
    const node = query.get('node') ?? query.get('node_uuid')
    const address = query.get('address')?.toLowerCase()
    const found = ports(node === null ? undefined : machines.find(node))
    return json(200, {
      ports: found.filter((one) => address === undefined || one.address === address).map(port),
    })
  }
  return {
    'GET /': () => rootDocument(url),
    'GET /v1': () => versionDocument(url),
    ...nodeRoutes(conductor, url),
    'GET /v1/ports': listPorts,
    'GET /v1/ports/detail': listPorts,
    'GET /v1/nodes/{node}/ports': ({ parts }) =>
      json(200, { ports: ports(machines.find(parts['node'] ?? '')).map(port) }),
    'POST /v1/ports': async (request) => {
      const wanted = objectOf(await request.text())
      const { node_uuid: node, address, extra = {}, pxe_enabled: pxe = true, uuid } = wanted
      if (typeof node !== 'string' || typeof address !== 'string') {
        throw invalid('a port has a node_uuid and an address')
      }
      const made = machines.createPort(machines.find(node), {
        address,
        pxeEnabled: pxe !== false,
        extra: isObject(extra) ? extra : {},
        ...(typeof uuid === 'string' ? { uuid } : {}),
      })
      await conductor.portsChanged()
      return json(201, port(made))
    },
    'GET /v1/ports/{port}': (request) => json(200, port(portNamed(request))),
    'DELETE /v1/ports/{port}': async (request) => {
      const found = portNamed(request)
      conductor.refuseBusy(machines.find(found.machine), 'change')
      machines.removePort(found)
      await conductor.portsChanged()
      return NO_CONTENT
    },
    'GET /v1/drivers': () =>
      json(200, { drivers: DRIVERS.map((name) => driverDocument(name, settings.host, url)) }),
    'GET /v1/drivers/{driver}': ({ parts }) => {
      const name = DRIVERS.find((one) => one === parts['driver'])
      return name === undefined
        ? fault(404, `The driver '${parts['driver'] ?? ''}' could not be found`)
        : json(200, driverDocument(name, settings.host, url))
    },
    'GET /v1/conductors': () =>
      json(200, {
        conductors: [
          {
            hostname: settings.host,
            conductor_group: '',
            alive: true,
            drivers: DRIVERS,
            links: linksOf(url, 'conductors', settings.host),
          },
        ],
      }),
    'GET /v1/chassis': empty('chassis'),
    'GET /v1/portgroups': empty('portgroups'),
    'GET /v1/nodes/{node}/portgroups': empty('portgroups'),
    'GET /v1/allocations': empty('allocations'),
    'GET /v1/deploy_templates': empty('deploy_templates'),
    'GET /v1/volume/connectors': empty('connectors'),
    'GET /v1/volume/targets': empty('targets'),
  }
}

/** As Ironic’s inspection fills it in: by what LLDP says. */
function linkOf({ connectedTo = {} }: PortRecord): Readonly<Record<string, string>> {
  const { switchId, portId, switchName } = connectedTo
  return {
    ...(switchId === undefined ? {} : { switch_id: switchId }),
    ...(portId === undefined ? {} : { port_id: portId }),
    ...(switchName === undefined ? {} : { switch_info: switchName }),
  }
}

/** https://docs.openstack.org/api-ref/baremetal/#ports-ports */
function portDocument(port: PortRecord, url: string): unknown {
  return {
    uuid: port.uuid,
    address: port.address,
    node_uuid: port.machine,
    pxe_enabled: port.pxeEnabled,
    extra: port.extra,
    local_link_connection: linkOf(port),
    internal_info: {},
    physical_network: null,
    portgroup_uuid: null,
    is_smartnic: false,
    name: null,
    created_at: port.createdAt,
    updated_at: null,
    links: linksOf(url, 'ports', port.uuid),
  }
}
