import type { Auth, Cloud, Login, ServiceType } from './cloud.ts'
import { describeLogin, overrideName, secretsOf } from './cloud.ts'
import { raise } from './errors.ts'
import { Fields } from './fields.ts'
import { openHttp } from './http.ts'
import type { Http, HttpReply, HttpRequest } from './http.ts'
import { logIn, parsed } from './keystone.ts'
import type { Endpoint, KeystoneAuth, Token } from './keystone.ts'

export type ServiceRequest = Omit<HttpRequest, 'service' | 'url'> &
  Readonly<{
    service: ServiceType
    /** Behind the root of the API: `/v2/images`. */
    path: string
    query?: Readonly<Record<string, string | undefined>>
  }>

export type ServiceReply = HttpReply & Readonly<{ json: () => Fields }>

/**
 * A login to one cloud. The token is fetched with the first request and once more when a service does not take it any
 * longer; a request that streams bytes gets one that is sure to be fresh, because it cannot be sent again.
 */
export interface Session {
  readonly cloud: Cloud
  send(request: ServiceRequest): Promise<ServiceReply>
  stream(request: ServiceRequest): Promise<AsyncIterable<Uint8Array>>
  /** Where the API of a service is, without its version. Throws OPENSTACK_SERVICE_MISSING. */
  endpoint(service: ServiceType, action: string): Promise<string>
  /** The project that is logged in to; undefined where there is no Keystone. */
  project(): Promise<string | undefined>
  /** Who is logged in, with which roles, and to what. */
  login(): Promise<Login>
}

/** What people call the services. */
const NAMES: Readonly<Record<ServiceType, string>> = {
  identity: 'Keystone',
  image: 'Glance',
  baremetal: 'Ironic',
  compute: 'Nova',
}

/** Types under which a service may stand in the catalogue: the official one first, then its historical ones. */
const TYPES: Readonly<Record<ServiceType, readonly string[]>> = {
  identity: ['identity'],
  image: ['image'],
  baremetal: ['baremetal', 'bare-metal'],
  compute: ['compute'],
}

/** A token with less time than this is renewed before bytes are streamed with it. */
const FRESH_MS = 3_600_000

export function openSession(cloud: Cloud, http: Http = openHttp(cloud)): Session {
  const { auth } = cloud
  let login: Promise<Token> | undefined

  const token = (): Promise<Token> => {
    login ??= logIn(http, cloud, auth as KeystoneAuth).catch((error: unknown) => {
      login = undefined
      throw error
    })
    return login
  }

  const credentials = async (fresh: 'fresh' | 'any'): Promise<Readonly<Record<string, string>>> => {
    if (auth.kind === 'none') return {}
    if (auth.kind === 'httpBasic') return { authorization: basic(auth.username, auth.password) }
    const current = await token()
    const enough = fresh === 'any' || current.expiresAt - Date.now() > FRESH_MS
    if (enough) return { 'x-auth-token': current.id }
    login = undefined
    return { 'x-auth-token': (await token()).id }
  }

  const whoAsks = async (): Promise<Login> =>
    hasKeystone(auth) ? (await token()).login : { scope: 'standalone', who: describeLogin(auth) }

  const endpoint = async (service: ServiceType, action: string): Promise<string> => {
    const fixed = cloud.endpoints[service] ?? standaloneEndpoint(auth, service)
    if (fixed !== undefined) return root(fixed)
    const catalogue = hasKeystone(auth) ? (await token()).catalogue : []
    return root(chosenEndpoint(catalogue, cloud, service, action, await whoAsks()).url)
  }

  const prepared = async (request: ServiceRequest, fresh: 'fresh' | 'any'): Promise<HttpRequest> => {
    const { service, path, query, ...rest } = request
    const headers = await credentials(fresh)
    return {
      ...rest,
      // A conductor of Anneal and an Ironic of its own are asked alike.
      service: service === 'baremetal' && !hasKeystone(auth) ? 'the bare-metal service' : NAMES[service],
      url: `${await endpoint(service, request.action)}${path}${queryText(query)}`,
      headers: { ...headers, ...rest.headers },
      login: await whoAsks(),
      secrets: [...secretsOf(auth), ...Object.values(headers), ...(rest.secrets ?? [])],
    }
  }

  const send = async (request: ServiceRequest): Promise<ServiceReply> => {
    const streams = request.bytes !== undefined
    const renewable = hasKeystone(auth) && !streams
    const wanted = await prepared(request, streams ? 'fresh' : 'any')
    const reply = await http.send(renewable ? { ...wanted, accept: [...(wanted.accept ?? []), 401] } : wanted)
    if (reply.status !== 401 || !renewable) return readable(reply, wanted)
    // The service does not know the token (any longer): a new one, and the same request a last time.
    login = undefined
    const again = await prepared(request, 'any')
    return readable(await http.send(again), again)
  }

  return {
    cloud,
    send,
    endpoint,
    login: whoAsks,
    project: async () => (hasKeystone(auth) ? (await token()).projectId : undefined),
    stream: async (request) => http.stream(await prepared(request, 'fresh')),
  }
}

function readable(reply: HttpReply, wanted: HttpRequest): ServiceReply {
  const origin = { service: wanted.service, url: wanted.url.split('?')[0] ?? wanted.url }
  return { ...reply, json: () => new Fields(parsed(reply.text, origin), origin) }
}

function hasKeystone(auth: Auth): boolean {
  return auth.kind !== 'none' && auth.kind !== 'httpBasic'
}

/** Without a catalogue the one endpoint that is named is that of Ironic, which runs alone. */
function standaloneEndpoint(auth: Auth, service: ServiceType): string | undefined {
  if (auth.kind !== 'none' && auth.kind !== 'httpBasic') return undefined
  return service === 'baremetal' ? auth.endpoint : undefined
}

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

/** Catalogues hold endpoints with or without the version (Nova's with the project behind it); paths bring it along. */
function root(url: string): string {
  return url.replace(/\/+$/, '').replace(/\/v\d+(\.\d+)?(\/[0-9a-f-]{32,36})?$/, '')
}

function queryText(query: ServiceRequest['query']): string {
  const entries = Object.entries(query ?? {}).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as [string, string]],
  )
  return entries.length === 0 ? '' : `?${new URLSearchParams(entries).toString()}`
}

function chosenEndpoint(
  catalogue: readonly Endpoint[],
  cloud: Cloud,
  service: ServiceType,
  action: string,
  login: Login,
): Endpoint {
  const ofService = catalogue.filter((one) => TYPES[service].includes(one.type))
  const fitting = ofService.filter(
    (one) => one.interface === cloud.interface && (cloud.region === undefined || one.region === cloud.region),
  )
  const regions = new Set(fitting.map((one) => one.region))
  const [first] = fitting
  if (first !== undefined && regions.size === 1) return first
  const offered = ofService.map((one) => `${one.interface} in ${one.region || 'no region'}`)
  const others = [...new Set(catalogue.map((one) => one.type))].join(', ')
  throw raise('OPENSTACK_SERVICE_MISSING', {
    action,
    cloud: cloud.name,
    service: `${NAMES[service]} (${service})`,
    wanted: `interface ${cloud.interface} and ${cloud.region === undefined ? 'one region' : `region ${cloud.region}`}`,
    offered:
      offered.length > 0 ? offered : others === '' ? `nothing at all for ${login.who}` : `only ${others}`,
    override: overrideName(service),
  })
}
