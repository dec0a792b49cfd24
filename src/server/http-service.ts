import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { raise } from './errors.ts'
import { matchRoute } from './route.ts'
import type { Reply, Request, Routes } from './route.ts'
import type { TlsIdentity } from './tls.ts'

export type HttpService = AsyncDisposable & Readonly<{ address: string; port: number }>

export type HttpServiceOptions = Readonly<{
  address: string
  port: number
  routes: Routes
  /** HTTPS with this certificate; without it HTTP. */
  tls?: TlsIdentity
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

/** Listens until it is disposed of. Throws LISTEN_FAILED. */
export async function startHttpService(options: HttpServiceOptions): Promise<HttpService> {
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    void answer(options, request, response)
  }
  const { tls } = options
  const server =
    tls === undefined
      ? createServer(listener)
      : createTlsServer({ cert: tls.certificate, key: tls.key, minVersion: 'TLSv1.2' }, listener)
  // A machine that fetches a piece may wait for an order for as long as an image takes to open.
  server.requestTimeout = 0
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
  const url = new URL(request.url ?? '/', 'http://conductor')
  const method = request.method ?? 'GET'
  const path = url.pathname.length > 1 ? url.pathname.replace(/\/+$/, '') : url.pathname
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  let reply: Reply
  try {
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
  await send(response, reply, options.headers?.(request) ?? {}, method)
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

async function bodyOf(request: IncomingMessage, mostBytes: number): Promise<string> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > mostBytes) throw raise('BODY_TOO_LARGE', { most: mostBytes })
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}
