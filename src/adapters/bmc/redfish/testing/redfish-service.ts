import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { AddressInfo, Server } from 'node:net'
import type { TestContext } from 'node:test'
import { inspect } from 'node:util'
import { isAnnealError } from '../../../../core/index.ts'
import type { Bmc } from '../../../../ports/index.ts'
import { openBmc } from '../../index.ts'
import type { RedfishAddress } from '../redfish-http.ts'

export type Asked = Readonly<{
  method: string
  path: string
  headers: IncomingMessage['headers']
  body: unknown
}>
export type Answer = Readonly<{ status?: number; headers?: Record<string, string>; body?: unknown }>
export type Rules = (asked: Asked) => Answer

export const SYSTEM = '/redfish/v1/Systems/1'
export const LOGIN = { username: 'admin', password: 'Pw-4711-x' }
const BASIC = `Basic ${btoa(`${LOGIN.username}:${LOGIN.password}`)}`
export const RESET = `${SYSTEM}/Actions/ComputerSystem.Reset`

/** A service with one system, as far as `rules` do not say otherwise (they fall through with status 0). */
export async function service(
  t: TestContext,
  rules: Rules,
  make: (listener: RequestListener) => Server = createServer,
): Promise<Readonly<{ port: number; asked: Asked[] }>> {
  const asked: Asked[] = []
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let text = ''
    for await (const part of request) text += String(part)
    const one: Asked = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: text === '' ? undefined : JSON.parse(text),
    }
    asked.push(one)
    const own = rules(one)
    const { status = 200, headers = {}, body = {} } = own.status === 0 ? usual(one) : own
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(JSON.stringify(body))
  }
  const server = make((request, response) => void respond(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return { port: (server.address() as AddressInfo).port, asked }
}

export const FALL_THROUGH: Answer = { status: 0 }

function usual({ method, path, headers }: Asked): Answer {
  if (path === '/redfish/v1/') return { body: { Systems: { '@odata.id': '/redfish/v1/Systems' } } }
  if (headers.authorization !== BASIC) return { status: 401 }
  if (path === '/redfish/v1/Systems') return { body: { Members: [{ '@odata.id': SYSTEM }] } }
  if (path === SYSTEM && method === 'GET') return { body: system() }
  return { status: 204 }
}

export function system(changed: object = {}): object {
  return {
    PowerState: 'On',
    Boot: { BootSourceOverrideTarget: 'None', BootSourceOverrideMode: 'UEFI' },
    Actions: { '#ComputerSystem.Reset': { target: RESET } },
    ...changed,
  }
}

export function open(port: number, changed: Partial<RedfishAddress> = {}): Bmc {
  const url = `http://127.0.0.1:${port}`
  return openBmc({ kind: 'redfish', url, ...LOGIN, login: 'auto', verify: true, ...changed })
}

export async function refused(act: Promise<unknown>, code: string, why: RegExp): Promise<void> {
  await assert.rejects(act, (error) => {
    assert.ok(isAnnealError(error, code), inspect(error))
    assert.match(error.message, why)
    assert.ok(!inspect(error, { depth: 9 }).includes(LOGIN.password))
    return true
  })
}
