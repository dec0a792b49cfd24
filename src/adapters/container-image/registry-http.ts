import { setTimeout as sleep } from 'node:timers/promises'
import { EnvHttpProxyAgent, request } from 'undici'
import type { Dispatcher } from 'undici'
import { raise } from './errors.ts'
import type { RegistryTls } from './registry-tls.ts'

export type HttpAnswer = Readonly<{
  status: number
  headers: Readonly<Record<string, string | readonly string[] | undefined>>
  body: AsyncIterable<Uint8Array> &
    Readonly<{ dump: (options?: Readonly<{ limit: number; signal: AbortSignal }>) => Promise<void> }>
  /** Of the monotonic clock: until then a document has to be there whole. */
  untilMs: number
}>

export type HttpRequest = Readonly<{
  url: URL
  method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH'
  headers?: Readonly<Record<string, string>>
  body?: string | Uint8Array
  signal?: AbortSignal | undefined
  /** Default: 4. */
  attempts?: number
}>

export type RegistryHttpOptions = Readonly<{
  tls: RegistryTls
  /** Plain http, and certificates that nobody vouches for, are taken. */
  insecure: boolean
  /** How long a server may say nothing. Default: 30 s. */
  silenceMs?: number
  /** Before the second attempt; doubled before each other. Default: 500 ms. */
  backoffMs?: number
}>

const SILENCE_MS = 30_000
const BACKOFF_MS = 500
const MOST_BACKOFF_MS = 10_000
const ATTEMPTS = 4
const MOST_REDIRECTS = 5
/** What is sent to a registry goes to no other server that it names. */
const READING: readonly string[] = ['GET', 'HEAD']
/** A server that sends a byte now and then is never silent: a document takes no longer than so many times what silence may. */
const MOST_SILENCES = 10
const MOST_DISCARDED_BYTES = 65_536
const REDIRECTS = [301, 302, 303, 307, 308]

/**
 * Requests to a registry, its token server and where it keeps blobs. Redirections are followed, and a login goes to no
 * other server. Requests that fail on the way or at the server are repeated. Proxies of the environment are used.
 *
 * INVARIANT: no answer, and no part of one, is waited for longer than `silenceMs`; no answer that is not a blob longer than ten
 * times that.
 */
export class RegistryHttp implements AsyncDisposable {
  readonly #agent: Dispatcher
  readonly #insecure: boolean
  readonly #backoffMs: number
  readonly #documentMs: number

  constructor({ tls, insecure, silenceMs = SILENCE_MS, backoffMs = BACKOFF_MS }: RegistryHttpOptions) {
    this.#insecure = insecure
    this.#backoffMs = backoffMs
    this.#documentMs = silenceMs * MOST_SILENCES
    const connect = { ...tls, rejectUnauthorized: !insecure, timeout: silenceMs }
    this.#agent = new EnvHttpProxyAgent({
      connect,
      requestTls: connect,
      allowH2: false,
      headersTimeout: silenceMs,
      bodyTimeout: silenceMs,
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy()
  }

  /** Throws CONTAINER_REGISTRY_FAILED where no answer comes. */
  async send(wanted: HttpRequest): Promise<HttpAnswer> {
    let backoffMs = this.#backoffMs
    for (let attempt = 1; ; attempt += 1) {
      let afterMs: number | undefined
      let reason: string
      let cause: unknown
      try {
        const answer = await this.#follow(wanted)
        if (answer.status < 500 && answer.status !== 429) return answer
        afterMs = retryAfterMs(answer)
        reason = `the server answered ${answer.status}`
        await discard(answer)
      } catch (error) {
        wanted.signal?.throwIfAborted()
        if (error instanceof Refused) throw failure(wanted.url, error.message, error)
        reason = reasonOf(error)
        cause = error
      }
      if (attempt === (wanted.attempts ?? ATTEMPTS))
        throw failure(wanted.url, `${reason}, after ${attempt} attempts`, cause)
      await sleep(Math.min(afterMs ?? backoffMs, MOST_BACKOFF_MS), undefined, {
        ...(wanted.signal && { signal: wanted.signal }),
      })
      backoffMs *= 2
    }
  }

  async #follow({
    url: first,
    method = 'GET',
    headers = {},
    body,
    signal,
  }: HttpRequest): Promise<HttpAnswer> {
    let url = first
    let sent = headers
    for (let redirects = 0; ; redirects += 1) {
      if (url.protocol !== 'https:' && (url.protocol !== 'http:' || !this.#insecure)) {
        throw new Refused(`it leads to "${url.origin}", which is not https`)
      }
      const answer = await request(url, {
        method,
        headers: sent,
        dispatcher: this.#agent,
        ...(body !== undefined && { body }),
        ...(signal && { signal }),
      })
      const { location } = answer.headers
      if (
        !REDIRECTS.includes(answer.statusCode) ||
        typeof location !== 'string' ||
        !READING.includes(method)
      ) {
        return this.#answered(answer)
      }
      await discard(this.#answered(answer))
      if (redirects === MOST_REDIRECTS) throw new Refused(`it redirects more than ${MOST_REDIRECTS} times`)
      const next = new URL(location, url)
      const { authorization: _, ...others } = sent
      if (next.origin !== url.origin) sent = others
      url = next
    }
  }

  #answered({ statusCode, headers, body }: Dispatcher.ResponseData): HttpAnswer {
    return { status: statusCode, headers, body, untilMs: performance.now() + this.#documentMs }
  }
}

/** The rest of an answer is read so that its connection can be used again, and given up where that takes long. */
export async function discard({ body, untilMs }: HttpAnswer): Promise<void> {
  const signal = AbortSignal.timeout(Math.max(0, Math.round(untilMs - performance.now())))
  await body.dump({ limit: MOST_DISCARDED_BYTES, signal }).catch(() => undefined)
}

/** What trying again would not change. */
class Refused extends Error {}

/** A query may hold a signature: it is not told. */
export function failure(url: URL, reason: string, cause?: unknown): Error {
  return raise('CONTAINER_REGISTRY_FAILED', { url: `${url.origin}${url.pathname}`, reason }, cause)
}

function retryAfterMs({ headers }: HttpAnswer): number | undefined {
  const said = headers['retry-after']
  return typeof said === 'string' && /^\d{1,4}$/.test(said) ? Number(said) * 1000 : undefined
}

export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT')
    return 'the server said nothing more'
  return code === '' || error.message.includes(code) ? error.message : `${error.message} (${code})`
}
