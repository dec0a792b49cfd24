import type { Conductor } from '../../app/conductor/index.ts'
import type { DriverName, Members } from '../../conductor/index.ts'
import type { Request, Routes } from '../route.ts'
import { DRIVERS, DRIVER_PROPERTIES, driverDocument } from './driver-document.ts'
import { fault, json } from './json-reply.ts'
import { rootDocument, versionDocument } from './microversions.ts'
import { linksOf } from './node-document.ts'
import { nodeRoutes } from './node-routes.ts'
import { portRoutes } from './port-routes.ts'
import { virtualMediaRoutes } from './virtual-media-routes.ts'

/** The part of Ironic’s API v1 that the conductor speaks; docs/conductor.md has the list. */
export function ironicRoutes(conductor: Conductor, url: string): Routes {
  const { host } = conductor.settings
  const empty = (name: string) => () => json(200, { [name]: [] })
  const itself: Members = {
    hostname: host,
    conductor_group: '',
    alive: true,
    drivers: DRIVERS,
    links: linksOf(url, 'conductors', host),
  }
  /** Of a driver that is there. */
  const ofDriver =
    (reply: (name: DriverName) => unknown) =>
    ({ parts }: Request) => {
      const name = DRIVERS.find((one) => one === parts['driver'])
      return name === undefined
        ? fault(404, `The driver '${parts['driver'] ?? ''}' could not be found`)
        : json(200, reply(name))
    }
  return {
    'GET /': () => rootDocument(url),
    'GET /v1': () => versionDocument(url),
    ...nodeRoutes(conductor, url),
    ...portRoutes(conductor, url),
    ...virtualMediaRoutes(conductor),
    'GET /v1/drivers': () => json(200, { drivers: DRIVERS.map((name) => driverDocument(name, host, url)) }),
    'GET /v1/drivers/{driver}': ofDriver((name) => driverDocument(name, host, url)),
    'GET /v1/drivers/{driver}/properties': ofDriver((name) => DRIVER_PROPERTIES[name]),
    'GET /v1/drivers/{driver}/raid/logical_disk_properties': ofDriver(() => ({})),
    'GET /v1/drivers/{driver}/vendor_passthru/methods': ofDriver(() => ({})),
    'GET /v1/conductors': () => json(200, { conductors: [itself] }),
    'GET /v1/conductors/{conductor}': ({ parts }) =>
      parts['conductor'] === host
        ? json(200, itself)
        : fault(404, `Conductor ${parts['conductor'] ?? ''} could not be found`),
    'GET /v1/shards': () => {
      const count = conductor.machines.all().length
      return json(200, { shards: count === 0 ? [] : [{ name: 'None', count }] })
    },
    'GET /v1/chassis': empty('chassis'),
    'GET /v1/portgroups': empty('portgroups'),
    'GET /v1/allocations': empty('allocations'),
    'GET /v1/deploy_templates': empty('deploy_templates'),
    'GET /v1/runbooks': empty('runbooks'),
    'GET /v1/inspection_rules': empty('inspection_rules'),
    'GET /v1/volume/connectors': empty('connectors'),
    'GET /v1/volume/targets': empty('targets'),
  }
}
