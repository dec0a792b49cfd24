import type { LibvirtPlace, StopCause } from '../node/index.ts'
import type { NodeWorld } from '../ports/index.ts'
import { loadSide } from '../runtime/index.ts'
import type { SurveyQuestion } from '../runtime/index.ts'

/** Where libvirt is on a node of which nothing is on file. */
export const DEFAULT_PLACE: LibvirtPlace = {
  service: '',
  socket: '/run/libvirt/libvirt-sock',
  stateDir: '/run/libvirt',
}

/** The question about named containers, or about every running one. */
export async function containersQuestion(
  world: NodeWorld,
  names: readonly string[],
  cause: StopCause,
): Promise<SurveyQuestion> {
  const { current } = await world.state.readDeployments()
  const side = await loadSide(world.state, current?.releaseId, DEFAULT_PLACE)
  const running = names.length > 0 ? [] : await world.engine.listContainers({ running: true })
  return {
    stopping: names.length > 0 ? names : running.map((container) => container.name),
    cause,
    places: [side.libvirt ?? DEFAULT_PLACE],
    helpers: side.release?.services.flatMap((service) => service.helpers) ?? [],
  }
}
