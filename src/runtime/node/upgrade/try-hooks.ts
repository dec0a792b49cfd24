import { bringHooks, hookFindings, hookMounts, isHostDaemon, started } from '../../../node/index.ts'
import type { Finding, Plan } from '../../../node/index.ts'
import type { NodeWorld } from '../../../ports/index.ts'
import { nextImageId } from './image-id.ts'
import type { Sides } from './side.ts'
import type { Survey } from '../survey/survey.ts'

/**
 * Calls the hooks of the next libvirt as it will itself when it has the guests back, apart from the node. The host's own libvirt
 * has called its hooks before, and they could change the host: they are not tried.
 */
export async function tryHooks(
  world: NodeWorld,
  plan: Plan,
  sides: Sides,
  seen: Survey,
): Promise<readonly Finding[]> {
  const action = started(plan).find(({ service }) => service === plan.hypervisor)
  const guests = seen.statusFiles
    .filter(({ uuid }) => seen.census.guests.some((guest) => guest.uuid === uuid))
    .map(({ name, xml }) => ({ name, xml }))
  if (action === undefined || guests.length === 0 || isHostDaemon(action.newName)) return []
  const existing = seen.containers.find(({ name }) => name === action.newName)
  const service = sides.next.release?.services.find(({ name }) => name === action.service)
  const imageId = await nextImageId(world, action, seen)
  if (imageId === undefined) return []
  const mounts = existing?.mounts ?? service?.container.mounts ?? []
  const tried = await world.images.tryHooks(imageId, {
    guests,
    mounts: bringHooks(mounts) ? hookMounts(mounts) : [],
  })
  return hookFindings(action.service, tried, plan.onFailure)
}
