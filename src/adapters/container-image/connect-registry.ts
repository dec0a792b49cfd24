import { isAnnealError } from '../../core/index.ts'
import type { Environment, Reference } from '../registry/index.ts'
import { RegistryHttp, discard } from './registry-http.ts'
import type { RegistryHttpOptions } from './registry-http.ts'
import { readRegistryTls } from './registry-tls.ts'

export type RegistryOptions = Pick<RegistryHttpOptions, 'insecure' | 'silenceMs' | 'backoffMs'> &
  Readonly<{
    env: Environment
    /** Where certificates of registries are; those of the system by default. */
    certificates?: readonly string[]
    signal?: AbortSignal
  }>

/** Docker's own registry answers under another name than the one that it has in references. */
const DOCKER_HUB = 'registry-1.docker.io'

/** How the registry of a reference is asked, and where. What it opens belongs to `stack`. */
export async function connectRegistry(
  { registry }: Reference,
  stack: AsyncDisposableStack,
  options: RegistryOptions,
): Promise<Readonly<{ http: RegistryHttp; origin: string }>> {
  const host = registry === 'docker.io' ? DOCKER_HUB : registry
  const tls = await readRegistryTls(host, options.certificates)
  const http = stack.use(new RegistryHttp({ ...options, tls }))
  return {
    http,
    origin: options.insecure ? await insecureOrigin(http, host, options.signal) : `https://${host}`,
  }
}

/** https without a look at its certificate, where there is one; else plain http, as Docker and skopeo do it. */
async function insecureOrigin(http: RegistryHttp, host: string, signal?: AbortSignal): Promise<string> {
  try {
    const answer = await http.send({ url: new URL(`https://${host}/v2/`), attempts: 1, signal })
    await discard(answer)
    return `https://${host}`
  } catch (error) {
    if (!isAnnealError(error, 'CONTAINER_REGISTRY_FAILED')) throw error
    return `http://${host}`
  }
}
