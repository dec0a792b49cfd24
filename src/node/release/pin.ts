import { fullImageName, parseImageReference } from './image-reference.ts'

/** What an engine knows of an image it holds. */
export type HeldImage = Readonly<{
  /** Config digest: `sha256:…`. */
  id: string
  /** `name@sha256:…` forms under which registries know it. */
  repoDigests: readonly string[]
}>

/**
 * The reference under which exactly this image is found again: by its registry's digest, or by its id where no
 * registry has it under this name. Podman gives images that were only ever built here digests under `localhost/`.
 */
export function pinnedReference(image: string, held: HeldImage): string {
  const reference = parseImageReference(image)
  if (reference === undefined || reference.kind === 'id') return held.id
  if (reference.kind === 'digest') return `${reference.name}@${reference.digest}`
  const wanted = fullImageName(reference.name)
  if (wanted.startsWith('localhost/')) return held.id
  const digest = held.repoDigests
    .map((text) => parseImageReference(text))
    .find((known) => known?.kind === 'digest' && fullImageName(known.name) === wanted)
  return digest?.kind === 'digest' ? `${reference.name}@${digest.digest}` : held.id
}
