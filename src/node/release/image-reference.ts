/**
 * How an image is named. Grammar: distribution/reference (`[host[:port]/]path[:tag][@digest]`); an id is the digest of
 * the image's configuration, which only the engine that holds the image knows.
 */
export type ImageReference =
  | Readonly<{ kind: 'id'; id: string }>
  | Readonly<{ kind: 'digest'; name: string; tag: string | undefined; digest: string }>
  | Readonly<{ kind: 'tag'; name: string; tag: string | undefined }>

const HOST = String.raw`(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[0-9a-fA-F:]+\]`
const PART = String.raw`[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*`
const REFERENCE = new RegExp(
  String.raw`^((?:(?:${HOST})(?::[0-9]{1,5})?/)?${PART}(?:/${PART})*)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$`,
)
const ID = /^(?:sha256:)?([0-9a-f]{64})$/

/** undefined where the text names no image. */
export function parseImageReference(text: string): ImageReference | undefined {
  const id = ID.exec(text)?.[1]
  if (id !== undefined) return { kind: 'id', id: `sha256:${id}` }
  const match = text.length > 512 ? null : REFERENCE.exec(text)
  const name = match?.[1]
  if (match === null || name === undefined) return undefined
  const [, , tag, digest] = match
  return digest === undefined ? { kind: 'tag', name, tag } : { kind: 'digest', name, tag, digest }
}

/**
 * The one spelling of a reference. A tag beside a digest is dropped: it tells nothing about what runs, and Podman
 * refuses such a reference.
 */
export function formatImageReference(reference: ImageReference): string {
  switch (reference.kind) {
    case 'id':
      return reference.id
    case 'digest':
      return `${reference.name}@${reference.digest}`
    case 'tag':
      return reference.tag === undefined ? reference.name : `${reference.name}:${reference.tag}`
  }
}

/** Whether the reference can only ever mean one image. */
export function isPinned(image: string): boolean {
  const reference = parseImageReference(image)
  return reference !== undefined && reference.kind !== 'tag'
}

/**
 * The name with its registry and, for Docker's hub, its implied path written out, to tell whether two names mean the
 * same repository: `nginx` → `docker.io/library/nginx`.
 */
export function fullImageName(name: string): string {
  const slash = name.indexOf('/')
  const first = slash === -1 ? '' : name.slice(0, slash)
  const hasHost = first.includes('.') || first.includes(':') || first === 'localhost'
  if (hasHost) {
    const host = first === 'index.docker.io' ? 'docker.io' : first
    const rest = name.slice(slash + 1)
    return host === 'docker.io' && !rest.includes('/') ? `docker.io/library/${rest}` : `${host}/${rest}`
  }
  return slash === -1 ? `docker.io/library/${name}` : `docker.io/${name}`
}
