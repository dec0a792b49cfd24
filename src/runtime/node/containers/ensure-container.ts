import { isAnnealError } from '../../../core/index.ts'
import type { Container } from '../../../node/index.ts'
import type { NodeWorld } from '../../../ports/index.ts'
import { raise } from '../errors.ts'
import { knownOf } from '../upgrade/side.ts'
import type { Side } from '../upgrade/side.ts'
import { createDisarmed } from './create-disarmed.ts'
import { holdsGuestFile } from './prune-containers.ts'
import { clearLeftBehind, startContainer } from './start-container.ts'

type Wanted = Readonly<{
  name: string
  service: string
  /** Where the service must be the one that was deployed, and not what a release of the same name has now. */
  digest?: string | undefined
}>

/**
 * A service's container, such that it can be started. It is created anew from its release where somebody removed it while it was stopped
 * (`docker container prune`), and where the engine cannot start it again (`dead`). Throws CONTAINER_MISSING for a missing container that
 * was adopted: nobody knows how it was made.
 */
export async function ensureContainer(
  world: NodeWorld,
  side: Side,
  { name, service, digest }: Wanted,
): Promise<Readonly<{ container: Container; isNew: boolean }>> {
  const existing = await world.engine.inspectContainer(name)
  if (existing !== undefined && existing.status !== 'dead') return { container: existing, isNew: false }
  const { release } = side
  const known = release?.services.find(
    (candidate) => candidate.name === service && (digest === undefined || candidate.digest === digest),
  )
  if (release === undefined || known === undefined) {
    // What the engine says to its start is told.
    if (existing !== undefined) return { container: existing, isNew: false }
    throw raise('CONTAINER_MISSING', { name, service })
  }
  if (existing !== undefined) {
    if (await holdsGuestFile(world, existing)) throw raise('CONTAINER_DEAD', { name, service })
    await clearLeftBehind(world, existing.id, knownOf(side))
    await world.engine.removeContainer(existing.id, { force: true })
  }
  const container = await world.engine.inspectContainer(
    await createDisarmed(world.engine, known, release, name),
  )
  if (container === undefined) throw raise('CONTAINER_MISSING', { name, service })
  return { container, isNew: true }
}

/** Starts the container of a service that is to run, also where it is removed between the look and the start. */
export async function startOrCreate(world: NodeWorld, side: Side, wanted: Wanted): Promise<void> {
  const start = async (): Promise<void> => {
    const { container } = await ensureContainer(world, side, wanted)
    if (container.status !== 'running') await startContainer(world, side, wanted.service, container.id)
  }
  try {
    await start()
  } catch (error) {
    if (!isAnnealError(error, 'CONTAINER_NOT_FOUND')) throw error
    await start()
  }
}
