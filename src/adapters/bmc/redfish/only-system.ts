import { raise } from '../errors.ts'
import type { RedfishHttp } from './redfish-http.ts'
import { textIn, within } from './redfish-words.ts'

/** Pages of a collection that are read; a service that links further has no end. */
const PAGES = 64
/** Chassis that are asked for their systems. */
const CHASSIS = 64

/** The path of the system, where the service has one. */
export async function onlySystem(http: RedfishHttp, action: string, bmc: string): Promise<string> {
  const paths = await systemPaths(http)
  const [only, ...others] = paths
  if (only !== undefined && others.length === 0) return only
  const why = only === undefined ? 'it has no system' : `it has several systems: ${paths.join(', ')}`
  const remedy = 'name the system in the inventory (redfish_system_id: /redfish/v1/Systems/…)'
  throw raise('BMC_UNABLE', { action, bmc, why, remedy })
}

/** A service root need not link its systems (DSP0268, ServiceRoot): their chassis do. */
async function systemPaths(http: RedfishHttp): Promise<readonly string[]> {
  const { body } = await http.get('/redfish/v1/')
  const systems = textIn(body, 'Systems', '@odata.id')
  if (systems !== undefined) return members(http, systems, 2)
  const chassis = textIn(body, 'Chassis', '@odata.id')
  const found = new Set<string>()
  for (const path of chassis === undefined ? [] : await members(http, chassis, CHASSIS)) {
    if (found.size > 1) break
    for (const system of idsIn(within((await http.get(path)).body, 'Links', 'ComputerSystems'))) {
      found.add(system)
    }
  }
  return [...found]
}

/** What a collection lists, page by page (DSP0266, Members@odata.nextLink), until so many are known. */
async function members(http: RedfishHttp, collection: string, most: number): Promise<readonly string[]> {
  const paths: string[] = []
  let page: string | undefined = collection
  for (let read = 0; page !== undefined && paths.length < most && read < PAGES; read += 1) {
    const { body } = await http.get(page)
    paths.push(...idsIn(within(body, 'Members')))
    page = textIn(body, 'Members@odata.nextLink')
  }
  return paths
}

function idsIn(links: unknown): readonly string[] {
  return (Array.isArray(links) ? links : [])
    .map((one: unknown) => textIn(one, '@odata.id'))
    .filter((one) => one !== undefined)
}
