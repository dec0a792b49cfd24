import type { Side } from './side.ts'
import type { NodeWorld } from '../ports/index.ts'

/**
 * Starts a service's container. Its host directories are made again where they are missing: those below /run are gone
 * after a reboot, and no engine starts a container whose bind source is not there.
 */
export async function startContainer(
  world: NodeWorld,
  side: Side,
  service: string,
  containerId: string,
): Promise<void> {
  const known = side.release?.services.find((candidate) => candidate.name === service)
  for (const mount of known?.container.mounts ?? []) {
    if (mount.type === 'bind' && mount.createHostPath === true) await world.disk.makeDirectory(mount.source)
  }
  await world.engine.startContainer(containerId)
}
