import type { ImageStore, StoredImage } from '../../../ports/index.ts'
import { CONTENT, ROLE, SET, isComplete, ourImages } from '../sets/index.ts'

/** What makes two bases the same: their set, what their blocks hold, and the bytes of kernel and ramdisk. */
export type Alike = Readonly<{
  set: string
  content: string
  /** In the store; undefined where that depends on how it was packed. */
  sizeBytes: number | undefined
  /** SHA-512 in hex; undefined where there is none. */
  kernel: string | undefined
  ramdisk: string | undefined
}>

/**
 * Another complete base that is the same, the oldest of several: what a push finds that ran beside another one of the
 * same set.
 */
export async function findAlike(
  store: ImageStore,
  wanted: Alike,
  except: string,
): Promise<StoredImage | undefined> {
  const ours = (await ourImages(store)).filter(isComplete)
  const digests = new Map(ours.map(({ id, hash }) => [id, hash?.value]))
  const digestOf = (id: string | undefined): string | undefined =>
    id === undefined ? undefined : digests.get(id)
  return ours
    .filter(
      ({ id, sizeBytes, properties }) =>
        id !== except &&
        properties[ROLE] === 'base' &&
        properties[SET] === wanted.set &&
        properties[CONTENT] === wanted.content &&
        (wanted.sizeBytes === undefined || sizeBytes === wanted.sizeBytes) &&
        digestOf(properties['kernel_id']) === wanted.kernel &&
        digestOf(properties['ramdisk_id']) === wanted.ramdisk,
    )
    .toSorted(byAge)[0]
}

/** Oldest first, and of two of one second the same one for everybody who looks. */
export function byAge(a: StoredImage, b: StoredImage): number {
  return a.createdAt.localeCompare(b.createdAt) || a.id.localeCompare(b.id)
}
