import { errorsOf } from '../../core/index.ts'
import { MECHANISMS } from '../../node/index.ts'
import type { DeployedService } from '../../node/index.ts'
import type { NodeWorld } from '../../ports/index.ts'
import {
  RUNTIME_ERRORS,
  awaitReady,
  loadSide,
  rescueEndangered,
  startContainer,
  survey,
} from '../../runtime/index.ts'
import { raise } from '../errors.ts'
import { withLock, withNode } from './with-node.ts'
import type { RunControl } from './with-node.ts'

const raiseRuntime = errorsOf(RUNTIME_ERRORS)

/**
 * Starts one service of the current release and waits until it is ready. Takes the node's lock. Throws NOTHING_DEPLOYED,
 * SERVICE_UNKNOWN, NODE_LOCKED, and what says that the service is not ready.
 */
export function startService(
  world: NodeWorld,
  name: string,
  { signal }: Readonly<{ signal: AbortSignal }>,
): Promise<DeployedService> {
  return withLock(world, `start ${name}`, async () => {
    const { service, releaseId } = await findService(world, name, 'start')
    const side = await loadSide(world.state, releaseId)
    await startContainer(world, side, service.name, service.containerName)
    const container = await world.engine.inspectContainer(service.containerName)
    if (container !== undefined && container.restartPolicy !== service.restart) {
      await world.engine.armContainer(container.id, service.restart)
    }
    await awaitReady(world, {
      service: service.name,
      name: service.containerName,
      probes: side.release?.services.find((one) => one.name === service.name)?.ready ?? [],
      libvirt: side.libvirt,
      signal,
    })
    return service
  })
}

/**
 * Stops one service of the current release, unless a guest or helper would die with it: then it throws GUESTS_ENDANGERED.
 * With `rescue` it moves those first. Takes the node's lock and brings an earlier run to rest first. Throws
 * NOTHING_DEPLOYED, SERVICE_UNKNOWN and NODE_LOCKED, too.
 */
export function stopService(
  world: NodeWorld,
  name: string,
  { rescue = false, ...control }: RunControl & Readonly<{ rescue?: boolean }> = {},
): Promise<DeployedService> {
  return withNode(world, `stop ${name}`, control, async () => {
    const { service, releaseId } = await findService(world, name, 'stop')
    const side = await loadSide(world.state, releaseId)
    const question = {
      stopping: [service.containerName],
      cause: 'stop',
      places: side.libvirt === undefined ? [] : [side.libvirt],
      helpers: side.release?.services.flatMap((one) => one.helpers) ?? [],
    } as const
    if (rescue) await rescueEndangered(world, question)
    const { endangered } = await survey(world, question)
    const first = endangered[0]
    if (first !== undefined) {
      throw raiseRuntime('GUESTS_ENDANGERED', {
        container: service.containerName,
        subjects: endangered.map((one) => `${one.kind} "${one.name}" (pid ${one.pid})`),
        mechanism: first.mechanisms.map((mechanism) => MECHANISMS[mechanism].how).join('; '),
      })
    }
    await world.engine.stopContainer(service.containerName, service.stopGraceMs)
    return service
  })
}

async function findService(
  world: NodeWorld,
  name: string,
  action: string,
): Promise<Readonly<{ service: DeployedService; releaseId: string }>> {
  const { current } = await world.state.readDeployments()
  if (current === undefined) throw raise('NOTHING_DEPLOYED', { action: `${action} a service` })
  const service = current.services.find((candidate) => candidate.name === name)
  if (service === undefined) {
    throw raise('SERVICE_UNKNOWN', {
      action,
      service: name,
      services: current.services.map((one) => one.name),
    })
  }
  return { service, releaseId: current.releaseId }
}
