import { isObject } from '../../core/index.ts'
import { raise } from './errors.ts'
import { discard, failure } from './registry-http.ts'
import type { HttpAnswer, HttpRequest, RegistryHttp } from './registry-http.ts'
import type { RegistryLogin } from './registry-login.ts'

const MOST_REASON_BYTES = 65_536
/** Token servers give another token each time, also to who may not read: the answer to it is the last word. */
const MOST_LOGINS = 2

/** Requests to one repository, with the login that the registry asks for. */
export class RegistryRequests {
  readonly #http: RegistryHttp
  readonly #login: RegistryLogin
  readonly #image: string
  readonly #purpose: 'read' | 'push'

  constructor(http: RegistryHttp, login: RegistryLogin, image: string, purpose: 'read' | 'push') {
    this.#http = http
    this.#login = login
    this.#image = image
    this.#purpose = purpose
  }

  /** An answer whose body is of no use. */
  async done(wanted: HttpRequest, what: string, good: readonly number[]): Promise<HttpAnswer> {
    const answer = await this.answer(wanted, what, good)
    await discard(answer)
    return answer
  }

  /**
   * Throws CONTAINER_REGISTRY_FAILED; to read CONTAINER_REGISTRY_DENIED and CONTAINER_IMAGE_NOT_FOUND, to push
   * ARTIFACT_PUSH_DENIED and ARTIFACT_PUSH_REFUSED.
   */
  async answer(wanted: HttpRequest, what: string, good: readonly number[]): Promise<HttpAnswer> {
    for (let logins = 0; ; logins += 1) {
      const headers = { ...wanted.headers, ...this.#login.headers }
      const answer = await this.#http.send({ ...wanted, headers })
      const { status } = answer
      if (good.includes(status)) return answer
      const isAsking = status === 401 && logins < MOST_LOGINS
      if (isAsking && (await this.#login.answer(wanted.url, answer, wanted.signal))) {
        await discard(answer)
        continue
      }
      throw await this.#refusal(wanted.url, answer, what)
    }
  }

  async #refusal(url: URL, answer: HttpAnswer, what: string): Promise<Error> {
    const { status } = answer
    const [image, isPush] = [this.#image, this.#purpose === 'push']
    const reason = await reasonIn(answer)
    if (status === 401 || status === 403) {
      const how = (await this.#login.hasCredentials())
        ? 'with the login that is stored for it'
        : 'without a login'
      const code = isPush ? 'ARTIFACT_PUSH_DENIED' : 'CONTAINER_REGISTRY_DENIED'
      return raise(code, { image, registry: url.host, how })
    }
    if (isPush) return raise('ARTIFACT_PUSH_REFUSED', { image, status, what, reason })
    if (status !== 404) return failure(url, `the server answered ${status}`)
    const problem = `${url.host} has no ${url.pathname.replace(/^\/v2\//, '')}`
    return raise('CONTAINER_IMAGE_NOT_FOUND', { image, problem })
  }
}

/** The codes and messages of a registry (distribution specification, "Error Codes"). */
async function reasonIn({ body, untilMs }: HttpAnswer): Promise<string> {
  const parts: Uint8Array[] = []
  let size = 0
  try {
    for await (const part of body) {
      parts.push(part)
      size += part.length
      if (size > MOST_REASON_BYTES || performance.now() > untilMs) break
    }
    const said: unknown = JSON.parse(Buffer.concat(parts).toString('utf8'))
    const errors: unknown = isObject(said) ? said['errors'] : undefined
    if (!Array.isArray(errors)) return 'it does not say why'
    const texts = errors.filter(isObject).map(({ code, message }) => [code, message].map(String).join(': '))
    return texts.join('; ').slice(0, 500) || 'it does not say why'
  } catch {
    return 'it does not say why'
  }
}
