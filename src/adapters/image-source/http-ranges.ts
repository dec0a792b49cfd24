import { setTimeout as sleep } from 'node:timers/promises'
import { isAnnealError } from '../../core/index.ts'
import type { Address } from './address.ts'
import { raise } from './errors.ts'

/** What a server says of a file, so that another one in its place is noticed. */
export type Pin = Readonly<{
  size: number
  etag: string | undefined
  lastModified: string | undefined
}>

/** `url`: where redirections led to. */
export type RangeAnswer = Readonly<{ bytes: Uint8Array<ArrayBuffer>; pin: Pin; url: string }>

export type HttpOptions = Readonly<{
  /** Node's own by default, which knows proxies (NODE_USE_ENV_PROXY) and CAs (NODE_EXTRA_CA_CERTS). */
  fetch?: typeof fetch
  attempts?: number
  /** Before the second attempt; doubled before each other. */
  backoffMs?: number
}>

const ATTEMPTS = 5
const BACKOFF_MS = 250
const MOST_BACKOFF_MS = 10_000
/** What a request may take: this, and as long as a slow line needs for its bytes. */
const BASE_TIMEOUT_MS = 30_000
const SLOW_BYTES_PER_MS = 32

/** An attempt that failed for a reason that may pass. */
class Passing extends Error {
  readonly afterMs: number | undefined

  constructor(message: string, afterMs?: number, cause?: unknown) {
    super(message, { cause })
    this.afterMs = afterMs
  }
}

/**
 * Fetches `length` bytes at `offset` (fewer where the file ends before). With a pin, an answer from another version of
 * the file throws IMAGE_CHANGED. Attempts that fail on the way or at the server are repeated, as GET may be.
 * Throws IMAGE_NO_RANGES, IMAGE_HTTP_FAILED.
 */
export async function fetchRange(
  address: Address,
  range: Readonly<{ offset: number; length: number }>,
  pin: Pin | undefined,
  options: HttpOptions = {},
  signal?: AbortSignal,
): Promise<RangeAnswer> {
  const attempts = options.attempts ?? ATTEMPTS
  let backoffMs = options.backoffMs ?? BACKOFF_MS
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await attemptRange(address, range, pin, options.fetch ?? fetch, signal)
    } catch (error) {
      if (signal?.aborted === true || isAnnealError(error)) throw error
      if (!(error instanceof Passing) || attempt >= attempts) {
        const reason = error instanceof Error ? error.message : String(error)
        throw raise('IMAGE_HTTP_FAILED', { url: address.name, reason, attempts: attempt }, error)
      }
      await sleep(Math.min(error.afterMs ?? backoffMs, MOST_BACKOFF_MS), undefined, { signal })
      backoffMs *= 2
    }
  }
}

async function attemptRange(
  address: Address,
  { offset, length }: Readonly<{ offset: number; length: number }>,
  pin: Pin | undefined,
  send: typeof fetch,
  signal: AbortSignal | undefined,
): Promise<RangeAnswer> {
  const timeout = AbortSignal.timeout(BASE_TIMEOUT_MS + Math.ceil(length / SLOW_BYTES_PER_MS))
  let response: Response
  try {
    response = await send(address.url, {
      headers: headersOf(address, offset, length, pin),
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    })
  } catch (error) {
    throw new Passing(reasonOf(error), undefined, error)
  }
  const { status } = response
  if (status !== 206) {
    await response.body?.cancel().catch(() => undefined)
    // An empty file has no range; how long it is stands in the answer.
    if (status === 416 && response.headers.get('content-range') === 'bytes */0') {
      return { bytes: new Uint8Array(0), pin: pinOf(response, 0), url: response.url }
    }
    if (status >= 500 || status === 408 || status === 429) {
      throw new Passing(`the server answered ${status}`, retryAfterMs(response))
    }
    if (status === 200 || status === 416) throw changedOrNoRanges(address, response, pin)
    throw new Error(`the server answered ${status}`)
  }
  const said = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(response.headers.get('content-range') ?? '')
  const [from, to, size] = (said ?? []).slice(1).map(Number)
  if (from !== offset || to === undefined || size === undefined) {
    await response.body?.cancel().catch(() => undefined)
    throw raise('IMAGE_NO_RANGES', { url: address.name, status: `206 with another range` })
  }
  const now = pinOf(response, size)
  if (pin !== undefined) checkPin(address, pin, now)
  const expected = Math.min(length, size - offset)
  const bytes = await readBody(response, expected)
  return { bytes, pin: now, url: response.url }
}

/** No more than was asked for is taken into memory, whatever the server sends. */
async function readBody(response: Response, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length)
  let at = 0
  try {
    for await (const chunk of response.body ?? []) {
      if (at + chunk.length > length)
        throw new Passing(`the server sent more than the ${length} bytes asked for`)
      bytes.set(chunk, at)
      at += chunk.length
    }
  } catch (error) {
    throw error instanceof Passing ? error : new Passing(reasonOf(error), undefined, error)
  }
  if (at < length) throw new Passing(`only ${at} of ${length} bytes came`)
  return bytes
}

function headersOf(
  address: Address,
  offset: number,
  length: number,
  pin: Pin | undefined,
): Record<string, string> {
  // RFC 9110, 13.1.5: a weak validator is of no use in If-Range.
  const strong = pin?.etag?.startsWith('W/') === false ? pin.etag : undefined
  const validator = strong ?? (pin?.etag === undefined ? pin?.lastModified : undefined)
  return {
    range: `bytes=${offset}-${offset + length - 1}`,
    'accept-encoding': 'identity',
    ...(validator === undefined ? {} : { 'if-range': validator }),
    ...(address.authorization === undefined ? {} : { authorization: address.authorization }),
  }
}

function pinOf(response: Response, size: number): Pin {
  return {
    size,
    etag: response.headers.get('etag') ?? undefined,
    lastModified: response.headers.get('last-modified') ?? undefined,
  }
}

function checkPin(address: Address, before: Pin, now: Pin): void {
  const changed = (what: string, was: string | number | undefined, is: string | number | undefined) => {
    if (was === is) return
    throw raise('IMAGE_CHANGED', { url: address.name, what, before: was ?? 'absent', now: is ?? 'absent' })
  }
  changed('its size', before.size, now.size)
  changed('its ETag', before.etag, now.etag)
  changed('its time', before.lastModified, now.lastModified)
}

/** The whole file instead of a range: If-Range found another version, or the server knows no ranges. */
function changedOrNoRanges(address: Address, response: Response, pin: Pin | undefined): Error {
  if (pin !== undefined) {
    checkPin(address, pin, pinOf(response, Number(response.headers.get('content-length') ?? pin.size)))
  }
  return raise('IMAGE_NO_RANGES', { url: address.name, status: response.status })
}

function retryAfterMs(response: Response): number | undefined {
  const seconds = Number.parseInt(response.headers.get('retry-after') ?? '', 10)
  return Number.isNaN(seconds) ? undefined : seconds * 1000
}

/** fetch says only "fetch failed"; what failed is in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error && error.cause.message !== '' ? error.cause.message : error.message
}
