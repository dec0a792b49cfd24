import { credentialsFor } from '../registry/index.ts'
import type { Credentials, Environment } from '../registry/index.ts'
import { failure } from './registry-http.ts'
import type { HttpAnswer, RegistryHttp } from './registry-http.ts'
import { readBody } from './registry-body.ts'

/** Of a token server. */
const MOST_ANSWER_BYTES = 1024 * 1024
const CLIENT = 'anneal'

/**
 * Logs in to a registry as it asks for it: RFC 7617 (Basic), or with a token of its token server (distribution, "Token
 * Authentication"). Logins come from the usual files and helpers, and only once somebody asks.
 *
 * INVARIANT: a login goes to the registry and to the token server that it names over https, and into no message.
 */
export class RegistryLogin {
  readonly #http: RegistryHttp
  readonly #image: string
  readonly #scope: string
  readonly #env: Environment
  #credentials: Promise<Credentials | undefined> | undefined
  #header: string | undefined

  /** `image` as it is written, `repository` on the registry. */
  constructor(
    http: RegistryHttp,
    image: string,
    repository: string,
    env: Environment,
    actions: 'pull' | 'pull,push' = 'pull',
  ) {
    this.#http = http
    this.#image = image
    this.#scope = `repository:${repository}:${actions}`
    this.#env = env
  }

  /** For the next request; empty where nobody has asked for one yet. */
  get headers(): Readonly<Record<string, string>> {
    return this.#header === undefined ? {} : { authorization: this.#header }
  }

  async hasCredentials(): Promise<boolean> {
    return (await this.#find()) !== undefined
  }

  /** Whether there is another way to ask than the one that was answered with 401. Throws CONTAINER_REGISTRY_FAILED. */
  async answer(url: URL, { headers }: HttpAnswer, signal?: AbortSignal): Promise<boolean> {
    const said = headers['www-authenticate']
    const challenge = typeof said === 'string' ? said : (said?.[0] ?? '')
    const [, scheme = '', rest = ''] = /^(\w+)\s*(.*)$/s.exec(challenge.trim()) ?? []
    const before = this.#header
    if (scheme.toLowerCase() === 'basic') this.#header = basic(await this.#find())
    else if (scheme.toLowerCase() === 'bearer')
      this.#header = await this.#token(url, parameters(rest), signal)
    return this.#header !== undefined && this.#header !== before
  }

  #find(): Promise<Credentials | undefined> {
    this.#credentials ??= credentialsFor(this.#image, { first: 'containers', env: this.#env })
    return this.#credentials
  }

  async #token(
    url: URL,
    challenge: ReadonlyMap<string, string>,
    signal: AbortSignal | undefined,
  ): Promise<string | undefined> {
    const realm = challenge.get('realm') ?? ''
    if (!URL.canParse(realm)) throw failure(url, 'it names no token server')
    const server = new URL(realm)
    if (url.protocol === 'https:' && server.protocol !== 'https:') {
      throw failure(url, `its token server "${server.origin}" is not on https`)
    }
    const credentials = await this.#find()
    const scope = challenge.get('scope') ?? this.#scope
    const asked = { service: challenge.get('service') ?? '', scope }
    const answer =
      credentials !== undefined && 'identityToken' in credentials
        ? await this.#http.send({
            url: server,
            method: 'POST',
            headers: { 'content-type': 'application/x-www-form-urlencoded' },
            body: new URLSearchParams({
              ...asked,
              grant_type: 'refresh_token',
              client_id: CLIENT,
              refresh_token: credentials.identityToken,
            }).toString(),
            signal,
          })
        : await this.#http.send({ url: withQuery(server, asked), headers: loginHeader(credentials), signal })
    const bytes = await readBody(answer, MOST_ANSWER_BYTES, server)
    if (answer.status !== 200) return undefined
    const token = tokenIn(bytes)
    if (token === undefined) throw failure(server, 'its answer has no token')
    return `Bearer ${token}`
  }
}

function loginHeader(credentials: Credentials | undefined): Readonly<Record<string, string>> {
  const header = basic(credentials)
  return header === undefined ? {} : { authorization: header }
}

function basic(credentials: Credentials | undefined): string | undefined {
  if (credentials === undefined || 'identityToken' in credentials) return undefined
  return `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`
}

function withQuery(server: URL, asked: Readonly<Record<string, string>>): URL {
  const url = new URL(server)
  for (const [name, value] of Object.entries(asked)) if (value !== '') url.searchParams.set(name, value)
  return url
}

/** `name="value",name=value` (RFC 9110, 11.2). */
function parameters(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const [, name = '', quoted, bare] of text.matchAll(/([\w-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/g)) {
    found.set(name.toLowerCase(), quoted?.replaceAll(/\\(.)/g, '$1') ?? bare ?? '')
  }
  return found
}

/** The answer itself is never told: it holds the token. */
function tokenIn(bytes: Uint8Array): string | undefined {
  try {
    const answer = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>
    const token = answer['token'] ?? answer['access_token']
    return typeof token === 'string' && token !== '' ? token : undefined
  } catch {
    return undefined
  }
}
