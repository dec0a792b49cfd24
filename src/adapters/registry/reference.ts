import { raise } from './errors.ts'

/** An image reference, taken apart. https://github.com/distribution/reference (grammar and normal form) */
export type Reference = Readonly<{
  /** Host with port; `docker.io` where none is written. */
  registry: string
  /** Path on the registry; Docker's own images are `library/NAME` on docker.io. */
  repository: string
  tag: string | undefined
  /** `sha256:…` */
  digest: string | undefined
}>

const REPOSITORY = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/

export function parseReference(image: string): Reference {
  const invalid = (state: string) => raise('IMAGE_REFERENCE_INVALID', { image, state })
  const [name = '', digest, more] = image.split('@')
  if (more !== undefined) throw invalid('it has more than one digest')
  if (digest !== undefined && !/^sha256:[0-9a-f]{64}$/.test(digest)) {
    throw invalid('its digest is not sha256: and 64 hex digits')
  }
  const lastSlash = name.lastIndexOf('/')
  const colon = name.indexOf(':', lastSlash + 1)
  const tag = colon === -1 ? undefined : name.slice(colon + 1)
  if (tag !== undefined && !/^\w[\w.-]{0,127}$/.test(tag))
    throw invalid(`its tag "${tag}" has characters no tag may have`)
  const path = colon === -1 ? name : name.slice(0, colon)
  const slash = path.indexOf('/')
  const first = slash === -1 ? '' : path.slice(0, slash)
  const isHost = first.includes('.') || first.includes(':') || first === 'localhost'
  const registry = isHost ? (first === 'index.docker.io' ? 'docker.io' : first) : 'docker.io'
  const rest = isHost ? path.slice(slash + 1) : path
  if (!REPOSITORY.test(rest)) throw invalid(`"${rest}" is no repository name`)
  const repository = registry === 'docker.io' && !rest.includes('/') ? `library/${rest}` : rest
  return { registry, repository, tag, digest }
}

/** `registry/repository`: the same for every way of writing one name. */
export function repositoryName({ registry, repository }: Reference): string {
  return `${registry}/${repository}`
}

/** Whether one of the engine's `name@sha256:…` forms is the image that `reference` asks for. */
export function isPinnedAmong(reference: Reference, repoDigests: readonly string[]): boolean {
  return repoDigests.some((known) => {
    const other = parseReference(known)
    return repositoryName(other) === repositoryName(reference) && other.digest === reference.digest
  })
}
