import { Readable } from 'node:stream'
import type { Conductor, Heartbeat } from '../../app/conductor/index.ts'
import { LEAST_AGENT, conductorError } from '../../conductor/index.ts'
import { ACCEPTED, fault, json } from '../ironic/json-reply.ts'
import { askedMinor, rootDocument, versionDocument } from '../ironic/microversions.ts'
import { invalid, objectOf } from '../ironic/read-request.ts'
import type { Request, Routes } from '../route.ts'

/** Lookup and heartbeat came with it (ironic/api/controllers/v1/versions.py). */
const LOOKUP_MINOR = 22
/** Tokens came with it: agents of before send none. */
const TOKEN_MINOR = 62

/** Whether a path is one of Ironic’s API: it is answered as Ironic answers. */
export function isOfAgent(path: string): boolean {
  return path === '/' || /^\/v1(\/|\?|$)/.test(path)
}

/**
 * What ironic-python-agent calls: Ironic’s lookup and heartbeat (ironic/api/controllers/v1/ramdisk.py), and what it fetches while
 * it writes.
 */
export function agentRoutes({ agents, machines, settings }: Conductor): Routes {
  return {
    'GET /': () => rootDocument(settings.url),
    'GET /v1': () => versionDocument(settings.url),
    'GET /v1/lookup': (request) => {
      refuseOld(request)
      const { query, from } = request
      const addresses = (query.get('addresses') ?? '').split(',').filter((one) => one !== '')
      const uuid = query.get('node_uuid') ?? undefined
      if (addresses.length === 0 && uuid === undefined) {
        return fault(400, 'At least one of "addresses" and "node_uuid" is needed to look a machine up')
      }
      return json(200, agents.lookup(addresses, uuid, from))
    },
    'POST /v1/heartbeat/{node}': async (request) => {
      refuseOld(request)
      const beat = heartbeatOf(objectOf(await request.text()))
      agents.heartbeat(machines.find(request.parts['node'] ?? ''), beat, request.from)
      return ACCEPTED
    },
    'GET /agent/{token}/{which}': async ({ parts, from }) => {
      const which = parts['which']
      if (which !== 'image' && which !== 'config-drive') return { status: 404 }
      const { sizeBytes, parts: body } = await agents.file(parts['token'] ?? '', which, from)
      return {
        status: 200,
        headers: { 'content-type': 'application/octet-stream', 'content-length': String(sizeBytes) },
        body: Readable.from(body, { objectMode: false }),
      }
    },
  }
}

function refuseOld({ headers, from }: Request): void {
  const minor = askedMinor(headers)
  if (minor === 'unknown' || minor < LOOKUP_MINOR)
    throw invalid('lookup and heartbeat came with version 1.22')
  if (minor >= TOKEN_MINOR) return
  const found = `one that speaks version 1.${minor}`
  throw conductorError('AGENT_TOO_OLD', { from, found, least: LEAST_AGENT })
}

function heartbeatOf(body: Readonly<Record<string, unknown>>): Heartbeat {
  const textIn = (name: string): string | undefined => {
    const value = body[name]
    if (value === undefined || value === null) return undefined
    if (typeof value === 'string' && value !== '') return value
    throw invalid(`${name} is no text`)
  }
  const [callbackUrl, token] = [textIn('callback_url'), textIn('agent_token')]
  const [version, certificate] = [textIn('agent_version'), textIn('agent_verify_ca')]
  if (callbackUrl === undefined) throw invalid('a heartbeat has a callback_url')
  if (token === undefined) throw invalid('a heartbeat has an agent_token')
  return {
    callbackUrl,
    token,
    ...(version === undefined ? {} : { version }),
    ...(certificate === undefined ? {} : { certificate }),
  }
}
