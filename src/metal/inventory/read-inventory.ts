import { KEEP, PLACE, parseKeep } from '../../contract/index.ts'
import { credentialNames } from './inventory.ts'
import type { Bmc, CredentialSource, DriverKind, Inventory, InventoryNode } from './inventory.ts'
import { TreeReader } from './tree-reader.ts'

/**
 * Reads the parsed tree of an inventory file: `nodes`, and `defaults` that lie under each of them. Strict: unknown keys,
 * double names or MAC addresses and written-out passwords are INVENTORY_INVALID with their place.
 */
export function readInventory(tree: unknown, file: string): Inventory {
  const top = new TreeReader(tree, file, '')
  const defaults = top.has('defaults') ? plainMap(top.raw('defaults'), top) : {}
  const list = top.raw('nodes')
  if (!Array.isArray(list) || list.length === 0) throw top.invalid('"nodes" is not a list of nodes')
  top.close()
  const nodes = list.map((one: unknown, index) => {
    const name = typeof one === 'object' && one !== null && 'name' in one ? one.name : undefined
    const at = typeof name === 'string' ? `nodes[${index}] (${name})` : `nodes[${index}]`
    return readNode(
      new TreeReader(overlaid(defaults, plainMap(one, new TreeReader(one, file, at))), file, at),
    )
  })
  refuseDoubles(nodes, top)
  return { nodes }
}

type PlainMap = Readonly<Record<string, unknown>>

function plainMap(value: unknown, reader: TreeReader): PlainMap {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw reader.invalid('it is not a map')
  return value as PlainMap
}

/** Maps are laid over each other key by key; anything else is taken from the node. */
function overlaid(below: PlainMap, above: PlainMap): PlainMap {
  const isMap = (value: unknown): value is PlainMap =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
  const both = Object.entries(above).map(([key, value]) => {
    const under = below[key]
    return [key, isMap(under) && isMap(value) && !isSource(value) ? overlaid(under, value) : value]
  })
  return { ...below, ...Object.fromEntries(both) }
}

function isSource(value: PlainMap): boolean {
  return 'env' in value || 'file' in value
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/
/** As Linux writes it; with dashes, as switches and Windows do; with dots, as Cisco does; or without anything between. */
const MAC =
  /^(?:[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}|[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}|[0-9a-f]{12})$/
const DRIVERS: readonly DriverKind[] = ['ipmi', 'redfish', 'manual-management', 'fake']

function readNode(reader: TreeReader): InventoryNode {
  const name = reader.text('name')
  if (!NAME.test(name))
    throw reader.invalid(`name "${name}" is not made of letters, digits, ".", "_" and "-"`)
  const driver = DRIVERS.find((one) => one === reader.raw('driver'))
  if (driver === undefined) {
    const what = reader.has('driver') ? 'is none' : 'is missing; it is one'
    throw reader.invalid(`"driver" ${what} of ${DRIVERS.join(', ')}`)
  }
  const bmc = reader.map('bmc')
  if (bmc === undefined && credentialNames(driver) !== undefined)
    throw reader.invalid(`driver ${driver} needs "bmc"`)
  if (driver === 'manual-management' && (bmc?.has('username') || bmc?.has('password')))
    throw reader.invalid('driver manual-management logs in nowhere: its "bmc" has an address alone')
  const agent = reader.map('agent')
  const given = reader.texts('ports').map((one) => one.toLowerCase())
  const wrong = given.filter((one) => !MAC.test(one)).map((one) => `"${one}"`)
  if (wrong.length > 0)
    throw reader.invalid(`no MAC address (52:54:00:12:34:56) in "ports": ${wrong.join(', ')}`)
  const ports = given.map((one) => one.replaceAll(/[.:-]/g, '').replaceAll(/..(?!$)/g, '$&:'))
  const node: InventoryNode = {
    name,
    driver,
    ports,
    properties: { ...properties(reader), ...kept(reader), ...place(reader) },
    traits: reader.texts('traits'),
    interfaces: interfaces(reader),
    ...(bmc === undefined ? {} : { bmc: readBmc(bmc) }),
    ...(agent === undefined
      ? {}
      : { agent: { kernel: agent.text('kernel'), ramdisk: agent.text('ramdisk') } }),
    ...optional('resourceClass', reader.optionalText('resource_class')),
    ...optional('address', reader.optionalText('address')),
  }
  agent?.close()
  reader.close()
  return node
}

function properties(reader: TreeReader): Readonly<Record<string, string | number>> {
  return Object.fromEntries(
    Object.entries(reader.values('properties')).map(([key, value]) => [
      key,
      typeof value === 'boolean' ? String(value) : value,
    ]),
  )
}

/** Of Anneal's own conductor: one wish a line. */
function kept(reader: TreeReader): Readonly<Record<string, string>> {
  const wishes = reader.texts('keep')
  for (const text of wishes) {
    const wish = parseKeep(text)
    if (typeof wish === 'string') throw reader.invalid(`"keep" has "${text}": ${wish}`)
  }
  return wishes.length === 0 ? {} : { [KEEP]: wishes.join('\n') }
}

/** Of Anneal's own conductor. */
function place(reader: TreeReader): Readonly<Record<string, string>> {
  const said = reader.optionalText('place')
  return said === undefined ? {} : { [PLACE]: said }
}

const INTERFACES = new Set(
  'bios boot console deploy inspect management network power raid rescue storage vendor'.split(' '),
)

function interfaces(reader: TreeReader): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(reader.values('interfaces')).map(([key, value]) => {
      if (!INTERFACES.has(key)) throw reader.invalid(`Ironic has no interface "${key}"`)
      return [key, String(value)]
    }),
  )
}

function readBmc(reader: TreeReader): Bmc {
  const port = reader.raw('port')
  if (port !== undefined && !(Number.isInteger(port) && Number(port) > 0 && Number(port) < 65_536)) {
    throw reader.invalid('"port" is not a port number')
  }
  const options = reader.values('options')
  const secret = Object.keys(options).find((key) => /password|secret|_key$/i.test(key))
  if (secret !== undefined) {
    throw reader.invalid(
      `"options.${secret}" is a credential: say it as password: { env: NAME } or { file: PATH }`,
    )
  }
  const bmc: Bmc = {
    address: reader.text('address'),
    options,
    ...optional('port', port as number | undefined),
    ...optional('username', credential(reader, 'username', 'mayBePlain')),
    ...optional('password', credential(reader, 'password', 'byReferenceOnly')),
  }
  reader.close()
  return bmc
}

function credential(
  reader: TreeReader,
  key: 'username' | 'password',
  rule: 'mayBePlain' | 'byReferenceOnly',
): CredentialSource | undefined {
  if (!reader.has(key)) return undefined
  const value = reader.raw(key)
  if (typeof value === 'string' && rule === 'mayBePlain') return { kind: 'plain', value }
  if (typeof value !== 'object') {
    throw reader.invalid(`"${key}" is written out: say where it is, as { env: NAME } or { file: PATH }`)
  }
  const source = reader.map(key)
  const env = source?.optionalText('env')
  const path = source?.optionalText('file')
  source?.close()
  if (env !== undefined && path === undefined) return { kind: 'env', name: env }
  if (path !== undefined && env === undefined) return { kind: 'file', path }
  throw reader.invalid(`"${key}" says not exactly one of env and file`)
}

function refuseDoubles(nodes: readonly InventoryNode[], top: TreeReader): void {
  const names = nodes.map(({ name }) => name)
  const named = names.find((name, index) => names.indexOf(name) !== index)
  if (named !== undefined) throw top.invalid(`"${named}" is there twice`)
  const macs = nodes.flatMap(({ name, ports }) => ports.map((mac) => ({ name, mac })))
  for (const { name, mac } of macs) {
    const [first, second] = macs.filter((one) => one.mac === mac)
    if (second !== undefined)
      throw top.invalid(`"${mac}" is there twice, in ${first?.name ?? name} and ${second.name}`)
  }
}

function optional<K extends string, V>(name: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [P in K]?: V })
}
