import { createHash } from 'node:crypto'
import { MANIFEST_TYPES, MOST_DOCUMENT_BYTES } from '../../formats/oci/index.ts'
import type { Descriptor, Wanted } from '../../formats/oci/index.ts'
import { parseReference } from '../registry/index.ts'
import type { Environment, Reference } from '../registry/index.ts'
import type { BlobBytes } from './blob.ts'
import { connectRegistry } from './connect-registry.ts'
import type { RegistryOptions } from './connect-registry.ts'
import { raise } from './errors.ts'
import { findImage } from './found-image.ts'
import type { FoundImage } from './found-image.ts'
import { readBody } from './registry-body.ts'
import { failure, reasonOf } from './registry-http.ts'
import type { HttpAnswer, RegistryHttp } from './registry-http.ts'
import { RegistryLogin } from './registry-login.ts'

/** How often a blob that stops is continued; and how often where not one more byte came. */
const MOST_RESUMES = 20
const MOST_IN_VAIN = 2

/** An image of a registry (OCI distribution specification, "Pull"). What it opens belongs to `stack`. Throws CONTAINER_…. */
export async function findInRegistry(
  name: string,
  image: string,
  wanted: Wanted,
  stack: AsyncDisposableStack,
  options: RegistryOptions,
): Promise<FoundImage> {
  const reference = parseReference(name)
  const { http, origin } = await connectRegistry(reference, stack, options)
  const { signal } = options
  const registry = new Registry(http, origin, reference, image, options.env)
  const top = await registry.manifest(reference.digest ?? reference.tag ?? 'latest', signal)
  if (reference.digest !== undefined && reference.digest !== top.digest) {
    const [found, expected] = [top.digest, reference.digest]
    throw raise('CONTAINER_DIGEST_MISMATCH', { image, what: 'manifest', found, expected })
  }
  return findImage(image, top, (descriptor, what) => registry.bytesOf(descriptor, what), wanted, signal)
}

/** One repository of a registry. */
class Registry {
  readonly #http: RegistryHttp
  readonly #base: string
  readonly #login: RegistryLogin
  readonly #image: string

  constructor(
    http: RegistryHttp,
    origin: string,
    { repository, registry }: Reference,
    image: string,
    env: Environment,
  ) {
    this.#http = http
    this.#base = `${origin}/v2/${repository}`
    this.#login = new RegistryLogin(http, `${registry}/${repository}`, repository, env)
    this.#image = image
  }

  /** By a tag, or by a digest. */
  async manifest(
    reference: string,
    signal?: AbortSignal,
  ): Promise<Readonly<{ bytes: Uint8Array; digest: string; mediaType?: string }>> {
    const url = new URL(`${this.#base}/manifests/${reference}`)
    const answer = await this.#get(url, { accept: MANIFEST_TYPES.join(', ') }, signal)
    const bytes = await readBody(answer, MOST_DOCUMENT_BYTES, url)
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
    const said = answer.headers['docker-content-digest']
    if (typeof said === 'string' && said.startsWith('sha256:') && said !== digest) {
      throw raise('CONTAINER_DIGEST_MISMATCH', {
        image: this.#image,
        what: 'manifest',
        found: digest,
        expected: said,
      })
    }
    const type = answer.headers['content-type']
    return { bytes, digest, ...(typeof type === 'string' && { mediaType: type.replace(/;.*$/, '').trim() }) }
  }

  async bytesOf({ digest }: Descriptor, what: string): Promise<BlobBytes> {
    const place = what === 'manifest' ? 'manifests' : 'blobs'
    const url = new URL(`${this.#base}/${place}/${digest}`)
    const headers = what === 'manifest' ? { accept: MANIFEST_TYPES.join(', ') } : {}
    return { stream: (signal) => this.#stream(url, headers, signal) }
  }

  /** One that stops is continued where it stopped, as often as it goes on at all. */
  async *#stream(
    url: URL,
    headers: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    let done = 0
    let inVain = 0
    for (let resumes = 0; ; resumes += 1) {
      const before = done
      const range = done === 0 ? {} : { range: `bytes=${done}-` }
      const answer = await this.#get(url, { ...headers, ...range, 'accept-encoding': 'identity' }, signal)
      // A server that knows no ranges begins again.
      let passed = answer.status === 206 ? done : 0
      try {
        for await (const chunk of answer.body) {
          const known = Math.min(chunk.length, done - passed)
          passed += known
          if (known === chunk.length) continue
          const more = chunk.subarray(known)
          passed += more.length
          done += more.length
          yield more
        }
        return
      } catch (error) {
        signal?.throwIfAborted()
        inVain = done > before ? 0 : inVain + 1
        if (resumes === MOST_RESUMES || inVain === MOST_IN_VAIN) {
          throw failure(url, `${reasonOf(error)}, after ${done} bytes and ${resumes + 1} attempts`, error)
        }
      }
    }
  }

  /** Throws CONTAINER_REGISTRY_DENIED, CONTAINER_IMAGE_NOT_FOUND, CONTAINER_REGISTRY_FAILED. */
  async #get(url: URL, headers: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<HttpAnswer> {
    for (;;) {
      const answer = await this.#http.send({ url, headers: { ...headers, ...this.#login.headers }, signal })
      const { status } = answer
      if (status === 200 || status === 206) return answer
      await answer.body.dump({ limit: 65_536 }).catch(() => undefined)
      if (status === 401 && (await this.#login.answer(url, answer, signal))) continue
      const image = this.#image
      if (status === 401 || status === 403) {
        const how = (await this.#login.hasCredentials())
          ? 'with the login that is stored for it'
          : 'without a login'
        throw raise('CONTAINER_REGISTRY_DENIED', { image, registry: url.host, how })
      }
      if (status === 404) {
        throw raise('CONTAINER_IMAGE_NOT_FOUND', {
          image,
          problem: `${url.host} has no ${url.pathname.replace(/^\/v2\//, '')}`,
        })
      }
      throw failure(url, `the server answered ${status}`)
    }
  }
}
