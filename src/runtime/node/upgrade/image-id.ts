import type { EngineFacts } from '../../../node/index.ts'

/** An image that no registry knows is pinned by its id, which is the engine's own. */
export function isImageId(image: string): boolean {
  return /^sha256:[0-9a-f]{64}$/.test(image)
}

/** The engine with what its ids depend on: with containerd's store they are other ones. */
export function describeStore({ kind, imageStore }: EngineFacts): string {
  return imageStore === 'containerd' ? `${kind} (with its images in containerd’s store)` : kind
}
