import type { Container, Release } from '../../../node/index.ts'
import type { NodeWorld } from '../../../ports/index.ts'
import { raise } from '../errors.ts'
import { createDisarmed } from './create-disarmed.ts'

type Wanted = Readonly<{
  name: string
  service: string
  /** Where the service must be the one that was deployed, and not what a release of the same name has now. */
  digest?: string | undefined
}>

/**
 * A service's container. One that somebody removed while it was stopped (`docker container prune`) is created anew from its
 * release. Throws CONTAINER_MISSING for a container that was adopted: nobody knows how it was made.
 */
export async function ensureContainer(
  world: Pick<NodeWorld, 'engine'>,
  release: Release | undefined,
  { name, service, digest }: Wanted,
): Promise<Readonly<{ container: Container; isNew: boolean }>> {
  const existing = await world.engine.inspectContainer(name)
  if (existing !== undefined) return { container: existing, isNew: false }
  const known = release?.services.find(
    (candidate) => candidate.name === service && (digest === undefined || candidate.digest === digest),
  )
  if (release === undefined || known === undefined) throw raise('CONTAINER_MISSING', { name, service })
  const container = await world.engine.inspectContainer(
    await createDisarmed(world.engine, known, release, name),
  )
  if (container === undefined) throw raise('CONTAINER_MISSING', { name, service })
  return { container, isNew: true }
}
