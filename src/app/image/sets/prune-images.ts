import { isAnnealError } from '../../../core/index.ts'
import type { AnnealError } from '../../../core/index.ts'
import type { ImageStore, StoredImage } from '../../../ports/index.ts'
import { planPrune } from '../../../runtime/image/sets/index.ts'
import type { PruneOptions } from '../../../runtime/image/sets/index.ts'

export type PruneWishes = PruneOptions &
  Readonly<{
    /** `plan`: nothing is removed. */
    mode: 'apply' | 'plan'
  }>

export type JudgedImage = Readonly<{ image: StoredImage; reason: string }>

export type PruneControl = Readonly<{
  /** It was removed, or would be. */
  onRemoved?: (one: JudgedImage) => void
  /** It could not be removed. The others are. */
  onFailed?: (error: AnnealError) => void
}>

export type Pruned = Readonly<{
  removed: readonly JudgedImage[]
  kept: readonly JudgedImage[]
  failures: readonly AnnealError[]
}>

/** Removes from a store what interrupted pushes left, and older sets if asked. Throws PRUNE_OWNERS_UNKNOWN. */
export async function pruneImages(
  store: ImageStore,
  wishes: PruneWishes,
  control: PruneControl = {},
): Promise<Pruned> {
  const { remove, keep } = await planPrune(store, wishes)
  const failures: AnnealError[] = []
  const removed: JudgedImage[] = []
  for (const one of remove) {
    try {
      if (wishes.mode === 'apply') await store.remove(one.image.id)
      removed.push(one)
      control.onRemoved?.(one)
    } catch (error) {
      if (!isAnnealError(error)) throw error
      failures.push(error)
      control.onFailed?.(error)
    }
  }
  return { removed, kept: keep, failures }
}
