import type { EngineFacts, started } from '../../../node/index.ts'
import type { NodeWorld } from '../../../ports/index.ts'
import type { Survey } from '../survey/survey.ts'

/** An image that no registry knows is pinned by its id, which is the engine's own. */
export function isImageId(image: string): boolean {
  return /^sha256:[0-9a-f]{64}$/.test(image)
}

/** The engine with what its ids depend on: with containerd's store they are other ones. */
export function describeStore({ kind, imageStore }: EngineFacts): string {
  return imageStore === 'containerd' ? `${kind} (with its images in containerd’s store)` : kind
}

/** The image of a container that is to start: that of the container if it is made already. undefined where it is not here yet. */
export async function nextImageId(
  world: NodeWorld,
  action: ReturnType<typeof started>[number],
  seen: Survey,
): Promise<string | undefined> {
  const existing = seen.containers.find(({ name }) => name === action.newName)
  return existing?.imageId ?? (await world.engine.inspectImage(action.next.image))?.id
}
