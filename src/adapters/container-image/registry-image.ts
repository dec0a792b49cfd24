import type { Descriptor, Wanted } from '../../formats/oci/index.ts'
import { parseReference } from '../registry/index.ts'
import type { Environment, Reference } from '../registry/index.ts'
import type { BlobBytes } from './blob.ts'
import { connectRegistry } from './connect-registry.ts'
import type { RegistryOptions } from './connect-registry.ts'
import { raise } from './errors.ts'
import { findImage } from './found-image.ts'
import type { FoundImage } from './found-image.ts'
import { failure, reasonOf } from './registry-http.ts'
import type { RegistryHttp } from './registry-http.ts'
import { RegistryLogin } from './registry-login.ts'
import { MANIFEST_HEADERS, readManifest } from './registry-manifest.ts'
import type { RegistryManifest } from './registry-manifest.ts'
import { RegistryRequests } from './registry-requests.ts'

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
  readonly #requests: RegistryRequests
  readonly #base: string
  readonly #image: string

  constructor(
    http: RegistryHttp,
    origin: string,
    { repository, registry }: Reference,
    image: string,
    env: Environment,
  ) {
    const login = new RegistryLogin(http, `${registry}/${repository}`, repository, env)
    this.#requests = new RegistryRequests(http, login, image, 'read')
    this.#base = `${origin}/v2/${repository}`
    this.#image = image
  }

  /** By a tag, or by a digest. */
  async manifest(reference: string, signal?: AbortSignal): Promise<RegistryManifest> {
    const url = new URL(`${this.#base}/manifests/${reference}`)
    const answer = await this.#requests.answer({ url, headers: MANIFEST_HEADERS, signal }, 'manifest', [200])
    return readManifest(answer, { url, image: this.#image })
  }

  async bytesOf({ digest }: Descriptor, what: string): Promise<BlobBytes> {
    const place = what === 'manifest' ? 'manifests' : 'blobs'
    const url = new URL(`${this.#base}/${place}/${digest}`)
    const headers = what === 'manifest' ? MANIFEST_HEADERS : {}
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
      const sent = { ...headers, ...range, 'accept-encoding': 'identity' }
      const answer = await this.#requests.answer({ url, headers: sent, signal }, 'blob', [200, 206])
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
}
