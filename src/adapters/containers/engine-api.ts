import { Agent } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { createRequire } from 'node:module'
import type { Duplex } from 'node:stream'

/**
 * HTTP over an engine's socket: Docker's Engine API and Podman's libpod API alike.
 *
 * dockerode's modem builds and sends the requests; bodies are read here. Its own reader waits for ever when the
 * daemon dies in the middle of a body (measured: docs/adr/0010), and a daemon that dies is what Anneal must outlive.
 */
export type EngineApi = Readonly<{
  socketPath: string
  /** The answer's JSON. Throws EngineRefusal on a status of 400 or more, ENGINE_UNREACHABLE where no answer came. */
  json: <T>(request: EngineRequest) => Promise<T>
  /** The status of an answer whose body says nothing. */
  status: (request: EngineRequest) => Promise<number>
  /** The body as it arrives. */
  stream: (request: EngineRequest) => Promise<AsyncIterable<Buffer>>
  /** The raw connection after `101 Upgraded`: what exec and attach speak over. */
  hijack: (request: EngineRequest) => Promise<Duplex>
}>

export type QueryValue =
  | string
  | number
  | boolean
  | readonly string[]
  | Readonly<Record<string, unknown>>
  | undefined

export type EngineRequest = Readonly<{
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
  path: string
  query?: Readonly<Record<string, QueryValue>>
  body?: Readonly<Record<string, unknown>>
  /** A tar to send. */
  file?: NodeJS.ReadableStream | Buffer
  /** Value of X-Registry-Auth or X-Registry-Config. */
  headers?: Readonly<Record<string, string>>
  signal?: AbortSignal
}>

/** The engine answered, and the answer is no. */
export class EngineRefusal extends Error {
  readonly status: number
  constructor(status: number, reason: string) {
    super(reason)
    this.name = 'EngineRefusal'
    this.status = status
  }
}

type Modem = { dial: (options: object, callback: (error: Error | null, result: unknown) => void) => void }

/** Every status is taken, so that bodies of refusals are read here too. */
const ANY_STATUS: Readonly<Record<number, true>> = Object.fromEntries(
  Array.from({ length: 500 }, (_, index) => [index + 100, true]),
)

/** Makes an error for people out of the socket's: which remedy there is differs by engine. */
export type Unreachable = (cause: NodeJS.ErrnoException) => Error

export function engineApi(socketPath: string, unreachable: Unreachable): EngineApi {
  let modem: Modem | undefined

  const dial = (request: EngineRequest, hijack: boolean) =>
    new Promise<unknown>((resolve, reject) => {
      modem ??= loadModem(socketPath)
      const query = Object.fromEntries(
        Object.entries(request.query ?? {}).filter(([, value]) => value !== undefined),
      )
      modem.dial(
        {
          method: request.method,
          // The modem appends the query only behind a question mark, and cuts the mark off when there is none.
          path: `${request.path}?`,
          options:
            Object.keys(query).length > 0 || request.body ? { _query: query, _body: request.body ?? {} } : {},
          ...(request.file === undefined ? {} : { file: request.file }),
          headers: { ...request.headers },
          ...(request.signal === undefined ? {} : { abortSignal: request.signal }),
          // An empty object is a body too: Podman refuses an update without one.
          allowEmpty: request.body !== undefined,
          statusCodes: ANY_STATUS,
          isStream: true,
          ...(hijack ? { hijack: true } : {}),
        },
        (error, result) => (error === null ? resolve(result) : reject(broken(error, request.signal))),
      )
    })

  /** A request that was given up ends like a connection that broke: it is told by its signal. */
  const broken = (error: unknown, signal: AbortSignal | undefined): Error =>
    signal?.aborted === true ? (signal.reason as Error) : connectionError(error, unreachable)

  async function* chunksOf(response: IncomingMessage, signal?: AbortSignal): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of response) yield chunk as Buffer
    } catch (error) {
      throw broken(error, signal)
    }
  }

  const textOf = async (response: IncomingMessage, signal?: AbortSignal): Promise<string> => {
    const chunks: Buffer[] = []
    for await (const chunk of chunksOf(response, signal)) chunks.push(chunk)
    return Buffer.concat(chunks).toString('utf8')
  }

  const refuse = async (response: IncomingMessage): Promise<void> => {
    const status = response.statusCode ?? 0
    if (status < 400) return
    const body = await textOf(response)
    throw new EngineRefusal(status, reasonIn(body) ?? (body.trim() || `HTTP status ${status}`))
  }

  const answer = async (request: EngineRequest): Promise<IncomingMessage> => {
    const response = (await dial(request, false)) as IncomingMessage
    await refuse(response)
    return response
  }

  return {
    socketPath,
    json: async <T>(request: EngineRequest) =>
      JSON.parse(await textOf(await answer(request), request.signal)) as T,
    status: async (request) => {
      const response = await answer(request)
      await textOf(response, request.signal)
      return response.statusCode ?? 0
    },
    stream: async (request) => chunksOf(await answer(request), request.signal),
    hijack: async (request) => {
      const result = await dial(request, true)
      if (isResponse(result)) {
        await refuse(result)
        result.destroy()
        throw new EngineRefusal(result.statusCode ?? 0, 'the connection was not upgraded')
      }
      return result as Duplex
    },
  }
}

/**
 * The modem takes settings from the environment that would override the socket (DOCKER_HOST), and prints requests with
 * their credentials where DEBUG names it; both are read when it is loaded, so they are out of sight for that moment.
 */
function loadModem(socketPath: string): Modem {
  const hidden = ['DOCKER_HOST', 'DEBUG'].map((name) => [name, process.env[name]] as const)
  for (const [name] of hidden) delete process.env[name]
  try {
    // `require` loads in one go: with an `import` other code could run meanwhile and miss the environment.
    const Dockerode = createRequire(import.meta.url)('dockerode') as new (options: object) => { modem: Modem }
    // A connection of its own for each request: one kept from before a daemon's restart would fail the next request.
    return new Dockerode({ socketPath, agent: new Agent({ keepAlive: false }) }).modem
  } finally {
    for (const [name, value] of hidden) if (value !== undefined) process.env[name] = value
  }
}

/** Docker: `{message}`. Podman: `{message, cause}`. */
function reasonIn(body: string): string | undefined {
  try {
    const parsed = JSON.parse(body) as { message?: unknown }
    return typeof parsed.message === 'string' ? parsed.message.trim() : undefined
  } catch {
    return undefined
  }
}

/** What the socket or the stream says when the engine is not there or went away; anything else is passed on. */
const GONE = new Set([
  'ECONNREFUSED',
  'ENOENT',
  'EACCES',
  'EPERM',
  'ECONNRESET',
  'EPIPE',
  'ENOTSOCK',
  'ERR_STREAM_PREMATURE_CLOSE',
])

function connectionError(error: unknown, unreachable: Unreachable): Error {
  if (!(error instanceof Error)) return new Error(String(error))
  const { code } = error as NodeJS.ErrnoException
  return code !== undefined && GONE.has(code) ? unreachable(error) : error
}

function isResponse(value: unknown): value is IncomingMessage {
  return typeof value === 'object' && value !== null && 'statusCode' in value && 'headers' in value
}
