import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as the fake saw it. */
export type SeenRequest = Readonly<{
  method: string
  path: string
  query: URLSearchParams
  headers: IncomingMessage['headers']
  body: Buffer
}>

export type FakeAnswer = Readonly<{
  status?: number
  headers?: Readonly<Record<string, string>>
  json?: unknown
  text?: string
  /** Answers before the body is read, as a service does that refuses by the headers alone. */
  early?: boolean
  /** Breaks the connection instead. */
  hangUp?: boolean
}>

export type Responder = (request: SeenRequest) => FakeAnswer | undefined

/** An HTTP server on the loop-back interface that notes what it is asked and answers what a test says. */
export class FakeCloud {
  readonly requests: SeenRequest[] = []
  readonly #server: Server
  readonly #responders: Responder[] = []

  private constructor(server: Server) {
    this.#server = server
  }

  static async start(...responders: readonly Responder[]): Promise<FakeCloud> {
    const server = createServer()
    const cloud = new FakeCloud(server)
    cloud.#responders.push(...responders)
    server.on('request', (request, response) => void cloud.#answer(request, response))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return cloud
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  add(responder: Responder): void {
    this.#responders.push(responder)
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://fake')
    const head = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
    }
    const early = this.#find({ ...head, body: Buffer.alloc(0) })
    let body: Buffer = Buffer.alloc(0)
    if (early?.early !== true) {
      const chunks: Buffer[] = []
      try {
        for await (const chunk of request) chunks.push(chunk as Buffer)
      } catch {
        return
      }
      body = Buffer.concat(chunks)
    }
    const seen = { ...head, body }
    this.requests.push(seen)
    const answer = (early?.early === true ? early : this.#find(seen)) ?? {
      status: 404,
      text: 'no such thing',
    }
    if (answer.hangUp === true) {
      request.socket.destroy()
      return
    }
    const text = answer.json === undefined ? (answer.text ?? '') : JSON.stringify(answer.json)
    response.writeHead(answer.status ?? 200, {
      'content-type': answer.json === undefined ? 'text/html' : 'application/json',
      ...answer.headers,
    })
    response.end(text)
  }

  #find(request: SeenRequest): FakeAnswer | undefined {
    for (const responder of this.#responders) {
      const answer = responder(request)
      if (answer !== undefined) return answer
    }
    return undefined
  }
}

/** Keystone as it answers a login: recorded from Keystone 22, with the catalogue of the given endpoints. */
export function keystone(
  endpoints: readonly Readonly<{ type: string; interface?: string; region?: string; url: string }>[],
  options: Readonly<{ password?: string; expiresAt?: string; onLogin?: () => string }> = {},
): Responder {
  let logins = 0
  return (request) => {
    if (request.path !== '/v3/auth/tokens') return undefined
    const asked = request.body.length === 0 ? '' : request.body.toString()
    if (options.password !== undefined && asked !== '' && !asked.includes(options.password)) {
      return {
        status: 401,
        headers: { 'x-openstack-request-id': 'req-login' },
        json: {
          error: {
            code: 401,
            message: 'The request you have made requires authentication.',
            title: 'Unauthorized',
          },
        },
      }
    }
    // The fake looks for its answer twice: before and after the body.
    if (asked !== '') logins += 1
    return {
      status: 201,
      headers: {
        'x-subject-token': options.onLogin?.() ?? `token-${logins}`,
        'x-openstack-request-id': 'req-1',
      },
      json: {
        token: {
          methods: ['password'],
          expires_at: options.expiresAt ?? new Date(Date.now() + 36_000_000).toISOString(),
          catalog: endpoints.map((one) => ({
            type: one.type,
            name: one.type,
            id: one.type,
            endpoints: [
              {
                id: one.url,
                interface: one.interface ?? 'public',
                region_id: one.region ?? 'RegionOne',
                region: one.region ?? 'RegionOne',
                url: one.url,
              },
            ],
          })),
        },
      },
    }
  }
}
