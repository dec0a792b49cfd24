import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { boundedText, isAnnealError } from '../core/index.ts'
import { raise } from './errors.ts'
import { matchRoute } from './route.ts'
import type { Reply, Request, Routes } from './route.ts'
import type { TlsIdentity } from './tls.ts'

export type HttpService = AsyncDisposable &
  Readonly<{
    address: string
    port: number
    /** Answers new connections with this certificate; nothing over HTTP. */
    renew: (identity: TlsIdentity) => void
  }>

export type HttpServiceOptions = Readonly<{
  address: string
  port: number
  routes: Routes
  /** HTTPS with this certificate; without it HTTP. */
  tls?: TlsIdentity
  /** What a request that asks for no path is taken to have asked for. */
  rootPath: string
  /** A request with a larger body is refused. */
  mostBodyBytes: number
  /** Refuses a request before it is looked at: undefined lets it through. */
  guard?: (request: IncomingMessage) => Reply | undefined
  /** What an error that a handler throws becomes. */
  replyTo: (error: unknown, request: Pick<Request, 'method' | 'path'>) => Reply
  /** Added to every reply. */
  headers?: (request: IncomingMessage) => Readonly<Record<string, string>>
  /** Where no route has the path, or none has the method. */
  missing: (request: Pick<Request, 'method' | 'path'>, methods: readonly string[]) => Reply
}>

/** A body of which nothing comes for this long counts as broken off. */
const BODY_SILENCE_MS = 60_000
const MOST_CONNECTIONS = 2000
/** By default a request without `Host` is refused without a word. */
const OWN_WORDS = { requireHostHeader: false } as const

/** Listens until it is disposed of. Throws LISTEN_FAILED. */
export async function startHttpService(options: HttpServiceOptions): Promise<HttpService> {
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    answered.delete(request.socket)
    // A fault here would end the process, and with it every deployment.
    answer(options, request, response).catch(() => response.destroy())
  }
  const { tls } = options
  const server =
    tls === undefined
      ? createServer(OWN_WORDS, listener)
      : createTlsServer(
          { ...OWN_WORDS, cert: tls.certificate, key: tls.key, minVersion: 'TLSv1.2' },
          listener,
        )
  // A machine that fetches a piece may wait for an order for as long as an image takes to open.
  server.requestTimeout = 0
  // Node refuses an unknown `Expect` by default, and gives no reason.
  server.on('checkExpectation', listener)
  server.on('clientError', (error, socket) => refuseBroken(options, error, socket))
  server.maxConnections = MOST_CONNECTIONS
  server.headersTimeout = 30_000
  server.keepAliveTimeout = 65_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        raise('LISTEN_FAILED', { address: options.address, port: options.port, why: error.message }, error),
      ),
    )
    server.listen(options.port, options.address, resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    address: options.address,
    port,
    renew({ certificate, key }) {
      if ('setSecureContext' in server)
        server.setSecureContext({ cert: certificate, key, minVersion: 'TLSv1.2' })
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

async function answer(
  options: HttpServiceOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const method = request.method ?? 'GET'
  let path = options.rootPath
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  let reply: Reply
  try {
    const url = addressOf(request)
    path = withoutSlashes(url.pathname)
    const refused = options.guard?.(request)
    const matched = matchRoute(options.routes, method, path)
    if (refused !== undefined) reply = refused
    else if (matched.kind === 'found') {
      reply = await matched.handler({
        method,
        path,
        query: url.searchParams,
        headers: request.headers,
        parts: matched.parts,
        from: (request.socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
        signal: gone.signal,
        text: () => bodyOf(request, options.mostBodyBytes),
      })
    } else reply = options.missing({ method, path }, matched.kind === 'otherMethod' ? matched.methods : [])
  } catch (error) {
    if (gone.signal.aborted) return
    reply = options.replyTo(error, { method, path })
  }
  if (gone.signal.aborted) return
  // What was not read of a body would be taken for the next request.
  const ends = request.complete ? {} : { connection: 'close' }
  await send(response, reply, { ...options.headers?.(request), ...ends }, method)
}

function addressOf({ url = '/', headers, httpVersion }: IncomingMessage): URL {
  if (headers.host === undefined && httpVersion === '1.1') {
    throw raise('REQUEST_INVALID', { why: 'it has no header "Host"' })
  }
  // RFC 9112, 3.2.1: a path. Two slashes would begin a host.
  const found = url.startsWith('/') ? URL.parse(`http://conductor${url}`) : null
  if (found === null) throw raise('REQUEST_INVALID', { why: 'it asks for no path' })
  return found
}

async function send(
  response: ServerResponse,
  { status, headers = {}, body = '' }: Reply,
  more: Readonly<Record<string, string>>,
  method: string,
): Promise<void> {
  const parts = body instanceof Readable ? [] : isParts(body) ? body : [Buffer.from(body)]
  const bytes = parts.reduce((sum, part) => sum + part.byteLength, 0)
  const length = body instanceof Readable ? {} : { 'content-length': String(bytes) }
  if (response.socket !== null) answered.add(response.socket)
  response.writeHead(status, { ...more, ...length, ...headers })
  if (method === 'HEAD') {
    response.end()
    if (body instanceof Readable) body.destroy()
    return
  }
  if (!(body instanceof Readable)) {
    for (const part of parts) response.write(part)
    response.end()
    return
  }
  // A machine that is switched off while it fetches is no fault of this side.
  await pipeline(body, response).catch(() => response.destroy())
}

function isParts(body: string | Uint8Array | readonly Uint8Array[]): body is readonly Uint8Array[] {
  return Array.isArray(body)
}

/** Throws BODY_TOO_LARGE, and REQUEST_INVALID where it does not come whole. */
async function bodyOf(request: IncomingMessage, mostBytes: number): Promise<string> {
  const { socket } = request
  const silent = (): void =>
    void request.destroy(new Error(`nothing came for ${BODY_SILENCE_MS / 1000} seconds`))
  socket.setTimeout(BODY_SILENCE_MS, silent)
  try {
    const parts = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>
    return await boundedText(parts, mostBytes, () => raise('BODY_TOO_LARGE', { most: mostBytes }))
  } catch (error) {
    if (isAnnealError(error)) throw error
    throw raise('REQUEST_INVALID', { why: `its body broke off: ${(error as Error).message}` }, error)
  } finally {
    // An answer may take long.
    socket.setTimeout(0)
    socket.off('timeout', silent)
  }
}

/** What is no HTTP, has too many headers or comes too slowly: it is answered, and the connection closed. */
function refuseBroken(options: HttpServiceOptions, error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  // A second answer would be taken for a part of the first.
  if (answered.has(socket)) {
    socket.end()
    return
  }
  const [status, words] = BROKEN[error.code ?? ''] ?? [400, 'Bad Request']
  const { headers = {}, body = '' } = options.replyTo(
    raise('REQUEST_INVALID', { why: error.message }, error),
    {
      method: '',
      path: options.rootPath,
    },
  )
  const text = typeof body === 'string' ? body : ''
  const lines = [
    `HTTP/1.1 ${status} ${words}`,
    'connection: close',
    `content-length: ${Buffer.byteLength(text)}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ]
  socket.end(`${lines.join('\r\n')}\r\n\r\n${text}`)
}

/** Connections whose last request has its answer. */
const answered = new WeakSet<Duplex>()

const BROKEN: Readonly<Record<string, readonly [number, string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout'],
}

/** Without a regular expression: a path of slashes alone must not take long. */
function withoutSlashes(path: string): string {
  let end = path.length
  while (end > 1 && path[end - 1] === '/') end -= 1
  return path.slice(0, end)
}
