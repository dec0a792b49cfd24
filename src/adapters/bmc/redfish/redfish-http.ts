import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, interceptors, request } from 'undici'
import { boundedText, isAnnealError, isObject } from '../../../core/index.ts'
import type { BmcAddress } from '../../../conductor/index.ts'
import { raise } from '../errors.ts'
import { unreachable } from './redfish-failure.ts'
import { failureOfTask, ownPath } from './redfish-task.ts'
import { textIn, wordsOf } from './redfish-words.ts'
import type { Resource } from './redfish-words.ts'

export type RedfishAddress = Extract<BmcAddress, { kind: 'redfish' }>

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

export type Reply = Readonly<{
  status: number
  body: Resource
  /** Whether it was an object of JSON. */
  isJson: boolean
  etag: string | undefined
  header: (name: string) => string | undefined
}>

/** Requests to one service for one purpose. Close it, so that no session and no connection stays. */
export interface RedfishHttp {
  /** A resource by its path. */
  get(path: string): Promise<Reply>
  /**
   * Statuses of 400 and more throw, but 412 and 428, which tell that the ETag is old or missing. A task that the service makes
   * of it is followed for a while; it throws where the task fails.
   */
  send(method: 'POST' | 'PATCH', path: string, body: Resource, etag?: string): Promise<Reply>
  /** Waits; throws the signal's reason. */
  pause(ms: number): Promise<void>
  close(): Promise<void>
}

const CONNECT_MS = 10_000
const ANSWER_MS = 60_000
const MOST_BYTES = 8 * 1024 * 1024
const MOST_REDIRECTS = 3
/** Where sessions are made if the root does not say it. */
const SESSIONS = '/redfish/v1/SessionService/Sessions'
/** Controllers that have just started, or do something else, answer 503 for some seconds. */
const BUSY_WAITS_MS = [1_000, 2_000, 4_000, 8_000]
const BUSY = new Set([429, 502, 503, 504])

/**
 * Logs in with HTTP basic authentication; where the service does not take that, with a session (DSP0266 1.15, 13.3). The
 * credentials are sent to no other origin. Throws BMC_…, and the signal's reason.
 */
export function openRedfishHttp(address: RedfishAddress, action: string, signal?: AbortSignal): RedfishHttp {
  const origin = originOf(address, action)
  const bmc = origin
  const agent = new Agent({ connect: tlsOf(address, action, bmc), allowH2: false })
  // Some services compress what nobody asked them to compress.
  const dispatcher = agent.compose(
    interceptors.decompress({ maxSize: MOST_BYTES, skipErrorResponses: false }),
  )
  const basic = `Basic ${Buffer.from(`${address.username}:${address.password}`).toString('base64')}`
  let login: Readonly<Record<string, string>> = address.login === 'session' ? {} : { authorization: basic }
  let session: string | undefined

  const once = async (
    method: Method,
    path: string,
    headers: Readonly<Record<string, string>>,
    body?: Resource,
  ): Promise<Reply> => {
    let url = new URL(path, origin)
    for (let redirects = 0; ; redirects += 1) {
      if (url.origin !== origin) {
        const remedy = 'give the address that the service calls its own'
        throw raise('BMC_REFUSED', { action, bmc, why: `it sends us to ${url.origin}`, remedy })
      }
      const response = await request(url, {
        dispatcher,
        method,
        headers: {
          accept: 'application/json',
          'odata-version': '4.0',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        headersTimeout: ANSWER_MS,
        bodyTimeout: ANSWER_MS,
        ...(signal === undefined ? {} : { signal }),
      })
      const header = (name: string): string | undefined => {
        const value = response.headers[name]
        return Array.isArray(value) ? value[0] : value
      }
      const text = await textOf(response.body)
      const where = header('location')
      if (
        [301, 302, 307, 308].includes(response.statusCode) &&
        where !== undefined &&
        redirects < MOST_REDIRECTS
      ) {
        url = new URL(where, url)
        continue
      }
      const parsed = parse(text)
      const tag = header('etag') ?? parsed?.['@odata.etag']
      return {
        status: response.statusCode,
        body: parsed ?? {},
        isJson: parsed !== undefined,
        etag: typeof tag === 'string' && tag !== '' ? tag : undefined,
        header,
      }
    }
  }

  const pause = async (ms: number): Promise<void> => {
    await sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined)
    signal?.throwIfAborted()
  }

  /** Again while the service is busy. What was not answered is sent again only where that does no harm. */
  const patiently = async (
    method: Method,
    path: string,
    headers: Readonly<Record<string, string>>,
    body?: Resource,
  ): Promise<Reply> => {
    for (let attempt = 0; ; attempt += 1) {
      const waitMs = BUSY_WAITS_MS[attempt]
      let afterMs = waitMs ?? 0
      try {
        const reply = await once(method, path, headers, body)
        if (!BUSY.has(reply.status) || waitMs === undefined) return reply
        const asked = Number(reply.header('retry-after'))
        if (asked > 0) afterMs = Math.min(asked * 1000, BUSY_WAITS_MS.at(-1) ?? 0)
      } catch (error) {
        signal?.throwIfAborted()
        if (isAnnealError(error)) throw error
        const { code } = error as NodeJS.ErrnoException
        const broke = code === 'ECONNRESET' || code === 'UND_ERR_SOCKET'
        if (!broke || method === 'POST' || waitMs === undefined) throw unreachable(error, action, bmc)
      }
      await pause(afterMs)
    }
  }

  const logIn = async (): Promise<boolean> => {
    if (session !== undefined) return false
    const root = await patiently('GET', '/redfish/v1/', {})
    const sessions = textIn(root.body, 'Links', 'Sessions', '@odata.id') ?? SESSIONS
    const made = await patiently(
      'POST',
      sessions,
      {},
      {
        UserName: address.username,
        Password: address.password,
      },
    )
    const token = made.header('x-auth-token')
    if (made.status >= 400 || token === undefined) return false
    login = { 'x-auth-token': token }
    session = ownPath(made.header('location') ?? textIn(made.body, '@odata.id'))
    return true
  }

  const ask = async (method: Method, path: string, body?: Resource, etag?: string): Promise<Reply> => {
    const headers = etag === undefined ? {} : { 'if-match': etag }
    // A service may count each failed login, and lock the account.
    if (address.login === 'session' && session === undefined) await logIn()
    let reply = await patiently(method, path, { ...login, ...headers }, body)
    if (reply.status === 401 && address.login === 'auto' && (await logIn())) {
      reply = await patiently(method, path, { ...login, ...headers }, body)
    }
    const { status } = reply
    if (status < 400 || status === 412 || status === 428) return reply
    const said = `${method} ${path}: ${wordsOf(reply.body, status, [address.password])}`
    if (status === 401 || status === 403) throw raise('BMC_CREDENTIALS', { action, bmc, why: said })
    if (BUSY.has(status)) {
      throw raise('BMC_UNREACHABLE', {
        action,
        bmc,
        why: `it is busy: ${said}`,
        remedy: 'try again in a minute',
      })
    }
    const remedy = 'see whether the BMC can do this, and its log'
    throw raise('BMC_REFUSED', { action, bmc, why: said, remedy })
  }

  return {
    async get(path) {
      const reply = await ask('GET', path)
      if (reply.isJson) return reply
      const remedy =
        'give the address of the Redfish service; it may be switched off in the settings of the BMC'
      const why = `GET ${path}: status ${reply.status}, and no resource of Redfish (${reply.header('content-type') ?? 'no type'})`
      throw raise('BMC_REFUSED', { action, bmc, why, remedy })
    },
    async send(method, path, body, etag) {
      const reply = await ask(method, path, body, etag)
      if (reply.status !== 202) return reply
      const look = (at: string): Promise<Reply> => patiently('GET', at, login)
      const why = await failureOfTask(reply, look, pause, [address.password])
      if (why === undefined) return reply
      const remedy = 'see whether the BMC can do this, and its log'
      throw raise('BMC_REFUSED', { action, bmc, why, remedy })
    },
    pause,
    async close() {
      // A session that stays is one of few.
      if (session !== undefined) await once('DELETE', session, login).catch(() => undefined)
      await agent.destroy()
    },
  }
}

function originOf(address: RedfishAddress, action: string): string {
  const url = URL.canParse(address.url) ? new URL(address.url) : undefined
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.username === '') return url.origin
  const remedy = 'give the address of the service as https://HOST or https://HOST:PORT'
  // Somebody may have put the password into it.
  const shown = url === undefined ? 'no URL' : `${url.protocol}//${url.host}`
  throw raise('BMC_UNREACHABLE', { action, bmc: shown, why: 'its address is no address of HTTP', remedy })
}

function tlsOf({ verify }: RedfishAddress, action: string, bmc: string): Record<string, unknown> {
  const timeout = CONNECT_MS
  if (typeof verify === 'boolean') return { timeout, rejectUnauthorized: verify }
  try {
    return { timeout, ca: readFileSync(verify) }
  } catch (error) {
    const remedy = 'give a PEM file with the certificates of the authorities to trust'
    const why = `the file "${verify}" cannot be read: ${(error as Error).message}`
    throw raise('BMC_UNREACHABLE', { action, bmc, why, remedy }, error)
  }
}

function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  return boundedText(body, MOST_BYTES, () => new Error(`the answer is longer than ${MOST_BYTES} bytes`))
}

function parse(text: string): Resource | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
