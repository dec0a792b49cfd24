import type { ImageStore, StoredImage } from '../../../ports/index.ts'
import { raise } from './errors.ts'
import { isComplete, isOurs, linksOf } from './image-sets.ts'
import { ROLE, STATE } from './marks.ts'

export type PruneOptions = Readonly<{
  /** `older`: also sets that are not the newest of their name. */
  what: 'unfinished' | 'older'
  /** Unfinished and unused images that changed later may belong to a push that is under way: ISO 8601. */
  untouchedSince: string
  /** `all`: also where the store does not say whose an image is, and every set counts as one's own. */
  owners: 'own' | 'all'
}>

export type Prune = Readonly<{
  /** In the order in which they are removed: a base before the kernel and ramdisk that it names. */
  remove: readonly Readonly<{ image: StoredImage; reason: string }>[]
  keep: readonly Readonly<{ image: StoredImage; reason: string }>[]
}>

/**
 * What of this project's pushed images is of no use any more. Removes nothing itself. Throws PRUNE_OWNERS_UNKNOWN where
 * nobody is logged in, as then everybody's images would count as one's own.
 */
export async function planPrune(store: ImageStore, options: PruneOptions): Promise<Prune> {
  if (options.owners === 'own' && !(await store.knowsOwners())) throw raise('PRUNE_OWNERS_UNKNOWN')
  const all: StoredImage[] = []
  for await (const image of store.list()) all.push(image)
  const ours = all.filter(isOurs)
  const remove: { image: StoredImage; reason: string }[] = []
  const keep: { image: StoredImage; reason: string }[] = []
  const judge = (image: StoredImage, reason: string): void => {
    if (image.protected) keep.push({ image, reason: 'it is protected' })
    else remove.push({ image, reason })
  }
  const recent = ({ updatedAt }: StoredImage): boolean =>
    Date.parse(updatedAt) > Date.parse(options.untouchedSince)

  for (const image of ours) {
    // Somebody who took a complete image out of service (deactivated) wants it kept.
    if (isComplete(image) || image.properties[STATE] === 'complete') continue
    if (recent(image)) keep.push({ image, reason: 'its push may be under way' })
    else judge(image, `its push did not finish (${image.status})`)
  }
  const bases = ours.filter((image) => isComplete(image) && image.properties[ROLE] === 'base')
  if (options.what === 'older') {
    for (const sameName of Map.groupBy(bases, ({ name }) => name).values()) {
      const [newest, ...older] = sameName.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt))
      for (const image of older) judge(image, `${newest?.id ?? ''} is newer and has its name`)
    }
  }
  const going = new Set(remove.map(({ image }) => image.id))
  const used = new Set(all.filter(({ id }) => !going.has(id)).flatMap((image) => linksOf(image)))
  for (const image of ours) {
    const { id, properties } = image
    if (!isComplete(image) || properties[ROLE] === 'base' || used.has(id)) continue
    const lost = remove.some((one) => linksOf(one.image).includes(id))
    if (!lost && recent(image)) keep.push({ image, reason: 'its push may be under way' })
    else judge(image, 'no image names it as its kernel or ramdisk')
  }
  return { remove, keep }
}
