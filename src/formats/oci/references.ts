import type { Descriptor, ImageIndex } from './documents.ts'
import { raise } from './errors.ts'

const REF_NAME = 'org.opencontainers.image.ref.name'

/**
 * The image of a layout that a reference names: a tag, `@NUMBER` for its place; without one, the only image there is. As
 * containers-transports(5) has it. A layout that only lists one image for several platforms is such an index itself.
 * Throws CONTAINER_REFERENCE_UNKNOWN, CONTAINER_REFERENCE_NEEDED.
 */
export function chooseReference(
  { manifests }: ImageIndex,
  reference: string,
  image: string,
): Descriptor | 'by platform' {
  const present = manifests.map(nameOf).join(', ') || 'no image'
  if (reference === '') {
    const [only] = manifests
    if (manifests.length === 1 && only !== undefined) return only
    if (manifests.length === 0)
      throw raise('CONTAINER_REFERENCE_UNKNOWN', { image, wanted: 'an image', present })
    const isOneForMany = manifests.every(
      ({ platform, annotations }) => platform !== undefined && annotations[REF_NAME] === undefined,
    )
    if (isOneForMany) return 'by platform'
    throw raise('CONTAINER_REFERENCE_NEEDED', { image, present })
  }
  const place = /^@(\d{1,4})$/.exec(reference)?.[1]
  const found =
    place === undefined
      ? manifests.find(({ annotations }) => annotations[REF_NAME] === reference)
      : manifests[Number(place)]
  if (found === undefined) throw raise('CONTAINER_REFERENCE_UNKNOWN', { image, wanted: reference, present })
  return found
}

/** One image of manifest.json, as `docker save` writes it. */
export type SavedImage = Readonly<{ config: string; tags: readonly string[]; layers: readonly string[] }>

/**
 * A name with a tag, or `@NUMBER` for the place in manifest.json. `wholeName` gives the same for every way of writing one
 * name. Throws CONTAINER_REFERENCE_UNKNOWN, CONTAINER_REFERENCE_NEEDED.
 */
export function chooseSaved(
  saved: readonly SavedImage[],
  reference: string,
  image: string,
  wholeName: (text: string) => string,
): SavedImage {
  const present =
    saved.flatMap(({ tags }, index) => (tags.length === 0 ? [`@${index}`] : tags)).join(', ') || 'no image'
  const [only] = saved
  if (reference === '') {
    if (saved.length === 1 && only !== undefined) return only
    if (only !== undefined) throw raise('CONTAINER_REFERENCE_NEEDED', { image, present })
    throw raise('CONTAINER_REFERENCE_UNKNOWN', { image, wanted: 'an image', present })
  }
  const place = /^@(\d{1,4})$/.exec(reference)?.[1]
  const name = place === undefined ? wholeName(reference) : undefined
  const found =
    place === undefined
      ? saved.find(({ tags }) => tags.some((tag) => wholeName(tag) === name))
      : saved[Number(place)]
  if (found === undefined) throw raise('CONTAINER_REFERENCE_UNKNOWN', { image, wanted: reference, present })
  return found
}

function nameOf({ annotations, digest }: Descriptor, index: number): string {
  return annotations[REF_NAME] ?? `@${index} (${digest})`
}
