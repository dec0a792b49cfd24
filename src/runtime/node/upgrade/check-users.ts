import { SASL_USERS, usersInside } from '../../../node/index.ts'
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
    // The libvirt of a host has the host's own files.
    const top = container?.hostUnit === undefined ? container?.rootUpperDir : ''
    if (top === undefined) return []
    const there = await sizes(
      world,
      SASL_USERS.map((path) => `${top}${path}`),
    )
    return SASL_USERS.filter((path) => there[`${top}${path}`] !== undefined)
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
