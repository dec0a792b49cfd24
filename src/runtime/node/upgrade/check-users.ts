import { SASL_USERS, heldAt, usersInside, writtenAt } from '../../../node/index.ts'
import type { Container, Finding, Plan } from '../../../node/index.ts'
import type { NodeWorld } from '../../../ports/index.ts'
import type { Survey } from '../survey/survey.ts'
import { sizes } from './sizes.ts'
import type { Sides } from './side.ts'

/** Users of libvirt that the next container would not have. */
export async function lostUsers(
  world: NodeWorld,
  plan: Plan,
  sides: Sides,
  seen: Survey,
): Promise<readonly Finding[]> {
  const service = (sides.next.libvirt ?? sides.old.libvirt)?.service
  const action = plan.actions.find((candidate) => candidate.service === service)
  if (action?.action !== 'replace') return []
  const named = (name: string): Container | undefined =>
    seen.containers.find((container) => container.name === name)
  const old = named(action.old.containerName)
  const made = named(action.newName)
  const next = sides.next.release?.services.find((candidate) => candidate.name === service)
  const mounts = made?.mounts ?? next?.container.mounts
  if (old === undefined || mounts === undefined) return []
  const written = async (container: Container | undefined): Promise<readonly string[]> => {
    const places = SASL_USERS.map((path) => ({ path, at: placeOf(container, path) }))
    const there = await sizes(
      world,
      places.flatMap(({ at }) => at ?? []),
    )
    return places.flatMap(({ path, at }) => (at !== undefined && there[at] !== undefined ? [path] : []))
  }
  return usersInside(
    plan,
    {
      name: old.name,
      mounts: old.mounts,
      written: await written(old),
      ...(old.hostUnit && { isHost: true }),
    },
    { name: next?.name ?? made?.name ?? service ?? '', mounts, written: await written(made) },
  )
}

/** Where the host has a file that somebody wrote to a path of the container; undefined where that is not known. */
function placeOf(container: Container | undefined, path: string): string | undefined {
  if (container === undefined) return undefined
  const written = writtenAt(container, path)
  if (written !== undefined || heldAt(container, path) === undefined) return written
  return container.pid > 0 ? `/proc/${container.pid}/root${path}` : undefined
}
