import { poolFindings } from '../../../node/index.ts'
import type { Container, Finding, Service, started } from '../../../node/index.ts'
import type { NodeWorld } from '../../../ports/index.ts'
import { nextImageId } from './image-id.ts'
import type { Sides } from './side.ts'
import type { Survey } from '../survey/survey.ts'

type Hypervisors = Readonly<{
  action: ReturnType<typeof started>[number]
  sides: Sides
  seen: Survey
  old: Container
  next: Service
}>

/** Whether the next libvirt will have the storage pools of the guests. Nothing is asked where no guest names one. */
export async function checkPools(
  world: NodeWorld,
  { action, sides, seen, old, next }: Hypervisors,
): Promise<readonly Finding[]> {
  const place = sides.old.libvirt
  if (place === undefined || seen.statusFiles.every(({ storagePools }) => storagePools.length === 0))
    return []
  const pools = await world.guestFiles(place).pools()
  const imageId = await nextImageId(world, action, seen)
  // Before the pull a plan does not know; the run checks again after it.
  const driven = imageId === undefined ? pools.map(({ type }) => type) : await world.images.poolTypes(imageId)
  return poolFindings(old, next, seen.statusFiles, pools, driven)
}
