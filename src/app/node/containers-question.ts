import { workloadOfContainer } from '../../node/index.ts'
import type { Container, LibvirtPlace, StopCause } from '../../node/index.ts'
import type { NodeWorld } from '../../ports/index.ts'
import { loadSide } from '../../runtime/node/index.ts'
import type { SurveyQuestion } from '../../runtime/node/index.ts'
import { raise } from '../errors.ts'

/** Where libvirt is on a node of which nothing is on file: the socket tells which daemon it is. */
function likelyPlace(containers: readonly Container[]): LibvirtPlace {
  const libvirts = containers.filter(
    (one) => one.status === 'running' && workloadOfContainer(one).role === 'libvirt',
  )
  // Those of the host may only listen.
  const [libvirt] = libvirts.toSorted((a, b) => Number(isOfHost(a)) - Number(isOfHost(b)))
  const socket = libvirt === undefined ? 'libvirt-sock' : workloadOfContainer(libvirt).libvirtSocket
  return { service: '', socket: `/run/libvirt/${socket}`, stateDir: '/run/libvirt' }
}

const isOfHost = ({ hostUnit }: Container): boolean => hostUnit !== undefined

/**
 * Asks who would die with these containers, or with all of them: those that run, and those that have stopped and may still
 * hold somebody. The engine takes a name, an id or the first digits of an id. Throws CONTAINER_UNKNOWN: nobody dies with a
 * container that does not exist, and “nobody” would be the wrong answer.
 */
export async function containersQuestion(
  world: NodeWorld,
  names: readonly string[],
  cause: StopCause,
): Promise<SurveyQuestion> {
  const { current } = await world.state.readDeployments()
  const all = await world.engine.listContainers({})
  const place = likelyPlace(all)
  const side = await loadSide(world.state, current?.releaseId, place)
  const stopping = names.length > 0 ? await Promise.all(names.map((name) => named(world, name))) : all
  return {
    stopping: stopping.map(({ id }) => id),
    cause,
    places: [side.libvirt ?? place],
    helpers: side.release?.services.flatMap((service) => service.helpers) ?? [],
  }
}

async function named(world: NodeWorld, name: string): Promise<Container> {
  const container = await world.engine.inspectContainer(name)
  if (container !== undefined) return container
  const { kind } = await world.engine.facts()
  const present = (await world.engine.listContainers({})).map((one) => one.name).toSorted()
  throw raise('CONTAINER_UNKNOWN', {
    container: name,
    engine: kind,
    present: present.length === 0 ? 'none at all' : present,
  })
}
