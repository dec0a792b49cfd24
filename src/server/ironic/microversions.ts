import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Reply } from '../route.ts'
import { fault, json } from './json-reply.ts'

/**
 * The versions of Ironic’s API that the conductor speaks: what is new in each that is not said here is not there.
 * https://docs.openstack.org/ironic/latest/contributor/webapi-version-history.html
 */
const OLDEST_MINOR = 1
const NEWEST_MINOR = 115

const HEADER = 'x-openstack-ironic-api-version'

type Minor = number

/** Which version a request asks for; the oldest where it says none. */
export function askedMinor(headers: IncomingMessage['headers']): Minor | 'unknown' {
  const said = headers[HEADER] ?? of('openstack-api-version', headers)
  if (said === undefined) return OLDEST_MINOR
  if (said === 'latest') return NEWEST_MINOR
  const match = /^1\.(\d+)$/.exec(String(said))
  const minor = Number(match?.[1])
  return match !== null && minor >= OLDEST_MINOR && minor <= NEWEST_MINOR ? minor : 'unknown'
}

/** `baremetal 1.82`. */
function of(name: string, headers: IncomingMessage['headers']): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? /^baremetal\s+(\S+)$/.exec(value)?.[1] : undefined
}

export function versionHeaders(request: IncomingMessage): Readonly<Record<string, string>> {
  const asked = askedMinor(request.headers)
  const id = `req-${randomUUID()}`
  return {
    'openstack-request-id': id,
    'x-openstack-request-id': id,
    'x-openstack-ironic-api-minimum-version': `1.${OLDEST_MINOR}`,
    'x-openstack-ironic-api-maximum-version': `1.${NEWEST_MINOR}`,
    [HEADER]: `1.${asked === 'unknown' ? NEWEST_MINOR : asked}`,
    vary: 'X-OpenStack-Ironic-API-Version',
  }
}

/** Refuses what is not spoken, as Ironic does: with 406. */
export function refuseVersion(request: IncomingMessage): Reply | undefined {
  if (askedMinor(request.headers) !== 'unknown') return undefined
  const said = String(request.headers[HEADER])
  return fault(
    406,
    `Version ${said} was requested but the requested version of the API is not supported. Supported versions: 1.${OLDEST_MINOR} to 1.${NEWEST_MINOR}`,
  )
}

/** `GET /` and `GET /v1`. */
export function rootDocument(url: string): Reply {
  const version = {
    id: 'v1',
    links: [{ href: `${url}/v1/`, rel: 'self' }],
    status: 'CURRENT',
    min_version: `1.${OLDEST_MINOR}`,
    version: `1.${NEWEST_MINOR}`,
  }
  return json(200, {
    name: 'OpenStack Ironic API',
    description: 'Anneal’s conductor. It speaks a part of the API of OpenStack Ironic.',
    default_version: version,
    versions: [version],
  })
}

export function versionDocument(url: string): Reply {
  const link = (path: string) => [{ href: `${url}/v1/${path}/`, rel: 'self' }]
  return json(200, {
    id: 'v1',
    media_types: [{ base: 'application/json', type: 'application/vnd.openstack.ironic.v1+json' }],
    links: [{ href: `${url}/v1/`, rel: 'self' }],
    nodes: link('nodes'),
    ports: link('ports'),
    drivers: link('drivers'),
    version: {
      id: 'v1',
      links: [{ href: `${url}/v1/`, rel: 'self' }],
      status: 'CURRENT',
      min_version: `1.${OLDEST_MINOR}`,
      version: `1.${NEWEST_MINOR}`,
    },
  })
}
