import type { ImageStore, StoredImage } from '../../../ports/index.ts'
import { ROLE, SET, STATE } from './marks.ts'
import type { State } from './marks.ts'

/** A base with the kernel and ramdisk that it names. */
export type ImageSet = Readonly<{
  base: StoredImage
  kernel?: StoredImage
  ramdisk?: StoredImage
  /** Names of what the base names and the store does not have. */
  missing: readonly ('kernel' | 'ramdisk')[]
}>

export type ImageSets = Readonly<{
  /** Newest first. */
  sets: readonly ImageSet[]
  /** Under way, or left by a push that was interrupted. */
  unfinished: readonly StoredImage[]
  /** Kernels and ramdisks that no base names, of this project or another. */
  unused: readonly StoredImage[]
}>

/** What this project pushed with Anneal. */
export async function ourImages(store: ImageStore): Promise<readonly StoredImage[]> {
  const images: StoredImage[] = []
  for await (const image of store.list()) if (isOurs(image)) images.push(image)
  return images
}

export async function listSets(store: ImageStore): Promise<ImageSets> {
  const images: StoredImage[] = []
  for await (const image of store.list()) images.push(image)
  const ours = images.filter(isOurs)
  const complete = ours.filter(isComplete)
  const byId = new Map(images.map((image) => [image.id, image]))
  const used = new Set(images.flatMap((image) => linksOf(image)))
  return {
    sets: complete
      .filter(({ properties }) => properties[ROLE] === 'base')
      .toSorted((a, b) => b.createdAt.localeCompare(a.createdAt))
      .map((base) => setOf(base, byId)),
    unfinished: ours.filter((image) => !isComplete(image)),
    unused: complete.filter(({ id, properties }) => properties[ROLE] !== 'base' && !used.has(id)),
  }
}

/** The ids of kernel and ramdisk, where an image names them. */
export function linksOf({ properties }: StoredImage): readonly string[] {
  return [properties['kernel_id'], properties['ramdisk_id']].filter((id) => id !== undefined)
}

export function isComplete({ status, properties }: StoredImage): boolean {
  return status === 'active' && properties[STATE] === ('complete' satisfies State)
}

/** Pushed with Anneal, by this project. */
export function isOurs({ own, properties }: StoredImage): boolean {
  return own && properties[SET] !== undefined
}

function setOf(base: StoredImage, byId: ReadonlyMap<string, StoredImage>): ImageSet {
  const { kernel_id: kernelId, ramdisk_id: ramdiskId } = base.properties
  const kernel = kernelId === undefined ? undefined : byId.get(kernelId)
  const ramdisk = ramdiskId === undefined ? undefined : byId.get(ramdiskId)
  return {
    base,
    ...(kernel === undefined ? {} : { kernel }),
    ...(ramdisk === undefined ? {} : { ramdisk }),
    missing: [
      ...(kernelId !== undefined && kernel === undefined ? (['kernel'] as const) : []),
      ...(ramdiskId !== undefined && ramdisk === undefined ? (['ramdisk'] as const) : []),
    ],
  }
}
