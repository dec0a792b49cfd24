import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, request } from 'undici'
import type { Dispatcher } from 'undici'
import { boundedText, isAnnealError } from '../../core/index.ts'
import type { Login } from './cloud.ts'
import { raise } from './errors.ts'
import { reasonIn, redacted, refusalError, requestIdIn } from './refusal.ts'

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export type HttpRequest = Readonly<{
  /** Completes `Cannot …`. */
  action: string
  /** Who is asked, for messages: `Glance`. */
  service: string
  method: Method
  url: string
  headers?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  json?: unknown
  /** Sent as it comes: with its length where `sizeBytes` is known, else chunked. Never sent a second time. */
  bytes?: AsyncIterable<Uint8Array>
  sizeBytes?: number
  /** Whether the request may be sent again after a failure; by default what reads is, and nothing else. */
  idempotent?: boolean
  /** `endless`: the body may pause for as long as it likes. */
  patience?: 'endless'
  /** Statuses that are an answer and no refusal. */
  accept?: readonly number[]
  /** Who asks, for what is forbidden. */
  login?: Login
  /** Taken out of the server's words. */
  secrets?: readonly string[]
  signal?: AbortSignal
}>

export type HttpReply = Readonly<{
  status: number
  headers: Readonly<Record<string, string | string[] | undefined>>
  text: string
  requestId: string
}>

/** HTTP to one cloud: its certificates, deadlines and retries. */
export interface Http {
  /** Throws OPENSTACK_UNREACHABLE and what `refusalError` makes of a status of 400 or more. */
  send(request: HttpRequest): Promise<HttpReply>
  /** The body as it comes; for downloads. */
  stream(request: HttpRequest): Promise<AsyncIterable<Uint8Array>>
}

export type HttpOptions = Readonly<{
  caFile?: string
  certFile?: string
  keyFile?: string
  /** Longest wait for the next byte of an answer. */
  timeoutMs?: number
  /** The first wait before a request is sent again; doubles. */
  retryMs?: number
  /** Longest wait for the reason for which a service broke an upload off. */
  whyMs?: number
}>

const ATTEMPTS = 4
const RETRY_MS = 300
const MOST_RETRY_MS = 10_000
const TIMEOUT_MS = 120_000
/** An upload ends only when the store has taken everything in: Ceph or a slow disk may need long for the last bytes. */
const UPLOAD_TIMEOUT_MS = 900_000
const WHY_MS = 30_000
/** What a service answers in JSON is far below this; a body without end must not fill the memory. */
const MOST_ANSWER_BYTES = 64 * 1024 * 1024

export function openHttp(options: HttpOptions = {}): Http {
  const connect = {
    timeout: 15_000,
    ...pem('ca', options.caFile),
    ...pem('cert', options.certFile),
    ...pem('key', options.keyFile),
  }
  // A connection of its own for each request: several WSGI servers close one that they kept, in the middle of the next
  // request.
  const agent = new Agent({ connect, pipelining: 0, allowH2: false })
  // An upload says `keep-alive`, and has its own all the same: a server that would close the connection after its answer
  // does so before all has arrived, and then a refusal in the middle is lost (eventlet reads on where it is to keep it).
  const uploads = new Agent({
    connect,
    pipelining: 1,
    keepAliveTimeout: 1,
    keepAliveMaxTimeout: 1,
    allowH2: false,
  })

  const once = async (wanted: HttpRequest): Promise<Dispatcher.ResponseData> => {
    const timeoutMs = wanted.bytes === undefined ? (options.timeoutMs ?? TIMEOUT_MS) : UPLOAD_TIMEOUT_MS
    try {
      return await request(wanted.url, {
        dispatcher: wanted.bytes === undefined ? agent : uploads,
        method: wanted.method,
        headers: headersOf(wanted),
        headersTimeout: timeoutMs,
        bodyTimeout: wanted.patience === 'endless' ? 0 : timeoutMs,
        ...(wanted.signal === undefined ? {} : { signal: wanted.signal }),
        ...bodyOf(wanted),
      })
    } catch (error) {
      throw unreachable(wanted, error)
    }
  }

  const replyTo = async (wanted: HttpRequest): Promise<HttpReply> => {
    const response = await once(wanted)
    return {
      status: response.statusCode,
      headers: response.headers,
      text: await textOf(response.body).catch((error: unknown) => {
        throw unreachable(wanted, error)
      }),
      requestId: requestIdIn(response.headers),
    }
  }

  /**
   * A service that refuses an upload by its headers alone answers, and closes the connection under what is still being
   * sent: then the break is seen, and the answer is lost. The same request with one byte, and no more until it is answered,
   * tells why. Throws the refusal; nothing where there is none.
   */
  const refuseAsTheServiceDid = async (wanted: HttpRequest): Promise<void> => {
    const patience = AbortSignal.timeout(options.whyMs ?? WHY_MS)
    const signal = wanted.signal === undefined ? patience : AbortSignal.any([patience, wanted.signal])
    const bytes = oneByte(signal)
    const reply = await replyTo({ ...wanted, bytes, signal }).catch(() => undefined)
    // The image may still be in the state of the upload that broke: that is no reason.
    if (reply !== undefined && reply.status >= 400 && reply.status !== 409) throw refused(wanted, reply)
  }

  const answer = async (wanted: HttpRequest): Promise<HttpReply> => {
    let reply: HttpReply
    try {
      reply = await replyTo(wanted)
    } catch (error) {
      if (wanted.bytes !== undefined && broke(error)) await refuseAsTheServiceDid(wanted)
      throw error
    }
    if (reply.status < 400 || (wanted.accept ?? []).includes(reply.status)) return reply
    throw refused(wanted, reply)
  }

  return {
    async send(wanted) {
      const repeatable = (wanted.idempotent ?? isReading(wanted.method)) && wanted.bytes === undefined
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await answer(wanted)
        } catch (error) {
          const waitMs = waitBefore(error, attempt, options.retryMs ?? RETRY_MS)
          if (!repeatable || attempt >= ATTEMPTS || waitMs === undefined || wanted.signal?.aborted === true) {
            throw error
          }
          await sleep(waitMs, undefined, wanted.signal === undefined ? {} : { signal: wanted.signal })
        }
      }
    },
    async stream(wanted) {
      const response = await once(wanted)
      if (response.statusCode < 400) return response.body
      throw refused(wanted, {
        status: response.statusCode,
        headers: response.headers,
        text: await textOf(response.body),
        requestId: requestIdIn(response.headers),
      })
    },
  }
}

async function* oneByte(signal: AbortSignal): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(1)
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

/** Whether the other side ended a connection that stood. */
function broke(error: unknown): boolean {
  if (!isAnnealError(error, 'OPENSTACK_UNREACHABLE')) return false
  const { code } = (error.cause ?? {}) as NodeJS.ErrnoException
  return code === 'EPIPE' || code === 'ECONNRESET' || code === 'UND_ERR_SOCKET'
}

function isReading(method: Method): boolean {
  return method === 'GET' || method === 'HEAD'
}

function headersOf(wanted: HttpRequest): Record<string, string> {
  return {
    accept: 'application/json',
    ...(wanted.json === undefined ? {} : { 'content-type': 'application/json' }),
    ...(wanted.sizeBytes === undefined || wanted.bytes === undefined
      ? {}
      : { 'content-length': String(wanted.sizeBytes) }),
    ...wanted.headers,
  }
}

function bodyOf(wanted: HttpRequest): { body?: string | Readable } {
  if (wanted.bytes !== undefined) return { body: Readable.from(wanted.bytes, { objectMode: false }) }
  return wanted.json === undefined ? {} : { body: JSON.stringify(wanted.json) }
}

function pem(name: 'ca' | 'cert' | 'key', path: string | undefined): Record<string, Buffer> {
  if (path === undefined) return {}
  try {
    return { [name]: readFileSync(path) }
  } catch (error) {
    throw raise('CLOUD_FILE_UNREADABLE', { path, why: (error as Error).message }, error)
  }
}

function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const tooLong = (): Error => new Error(`the answer is longer than ${MOST_ANSWER_BYTES} bytes`)
  return boundedText(body, MOST_ANSWER_BYTES, tooLong)
}

/** The statuses of a service that is away or too busy for the moment. */
const PASSING = new Set([429, 500, 502, 503, 504])

function refused(wanted: HttpRequest, reply: HttpReply): Error {
  const reason = redacted(reasonIn(reply.text, reply.status), wanted.secrets ?? [])
  const error = refusalError(wanted.service, wanted.action, {
    status: reply.status,
    reason,
    requestId: reply.requestId,
    ...(wanted.login === undefined ? {} : { login: wanted.login }),
  })
  if (PASSING.has(reply.status) && error.retry) passing.set(error, retryAfterMs(reply.headers['retry-after']))
  return error
}

/** How long the server asked to wait, for errors after which the same request may be sent again. */
const passing = new WeakMap<Error, number | undefined>()

function retryAfterMs(header: string | string[] | undefined): number | undefined {
  const seconds = typeof header === 'string' && /^\d+$/.test(header) ? Number(header) : undefined
  return seconds === undefined ? undefined : Math.min(seconds * 1000, MOST_RETRY_MS)
}

function waitBefore(error: unknown, attempt: number, retryMs: number): number | undefined {
  if (!(error instanceof Error) || !passing.has(error)) return undefined
  return passing.get(error) ?? Math.min(retryMs * 2 ** (attempt - 1), MOST_RETRY_MS)
}

function unreachable(wanted: HttpRequest, error: unknown): Error {
  if (wanted.signal?.aborted === true) return wanted.signal.reason as Error
  // What reads the bytes to be sent may fail for reasons of its own: those are not the service's.
  if (!isNetworkError(error)) return error as Error
  const why = redacted(wordsFor(error), wanted.secrets ?? [])
  const found = raise(
    'OPENSTACK_UNREACHABLE',
    { action: wanted.action, service: wanted.service, url: withoutQuery(wanted.url), why },
    error,
  )
  passing.set(found, undefined)
  return found
}

/** What the source of the bytes that are sent may fail with, and other bytes than were announced. */
const NOT_THE_SERVICE = new Set([
  'ENOENT',
  'EACCES',
  'EIO',
  'EISDIR',
  'ENOSPC',
  'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
])

/** Node's system errors (ECONNREFUSED), OpenSSL's (CERT_HAS_EXPIRED, ERR_SSL_…) and undici's own (UND_ERR_…). */
function isNetworkError(error: unknown): error is NodeJS.ErrnoException {
  if (!(error instanceof Error) || isAnnealError(error)) return false
  const { code } = error as NodeJS.ErrnoException
  return (
    typeof code === 'string' &&
    /^(E[A-Z]+$|EAI_|UND_ERR_|HPE_|ERR_SSL|ERR_TLS|CERT_|DEPTH_|SELF_|UNABLE_)/.test(code) &&
    !NOT_THE_SERVICE.has(code)
  )
}

function wordsFor(error: NodeJS.ErrnoException): string {
  const inner = (error as { errors?: readonly Error[] }).errors?.[0]
  return error.message === '' ? (inner?.message ?? error.code ?? 'unknown') : error.message
}

/** Queries may carry names of other people's things; the place is what a person needs. */
function withoutQuery(url: string): string {
  const { origin, pathname } = new URL(url)
  return `${origin}${pathname}`
}
