import { errorsOf } from '../../core/index.ts'
import { MECHANISMS } from '../../node/index.ts'
import type { ContainerStatus, DeployedService, Endangered } from '../../node/index.ts'
import type { NodeWorld } from '../../ports/index.ts'
import {
  RUNTIME_ERRORS,
  awaitReady,
  knownOf,
  loadSide,
  rescueEndangered,
  startContainer,
  stepsUp,
  survey,
} from '../../runtime/node/index.ts'
import type { SurveyQuestion } from '../../runtime/node/index.ts'
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

/** What starting or stopping a service would do now. Changes nothing. */
export type ServicePreview = Readonly<{
  service: string
  container: string
  /** `gone`: the engine has no such container. */
  status: ContainerStatus | 'gone'
  /** What would be done, in order: `start libvirt`. Empty where nothing needs to be done. */
  actions: readonly string[]
  /** Who would die with the container. A stop is refused, unless it rescues them. */
  endangered: readonly Endangered[]
}>

/** What `startService` would do. Takes no lock. Throws NOTHING_DEPLOYED, SERVICE_UNKNOWN, CONTAINER_MISSING. */
export async function previewStart(world: NodeWorld, name: string): Promise<ServicePreview> {
  const { service } = await findService(world, name, 'start')
  const container = await world.engine.inspectContainer(service.containerName)
  if (container === undefined) {
    throw raiseRuntime('CONTAINER_MISSING', { name: service.containerName, service: service.name })
  }
  return {
    service: service.name,
    container: container.name,
    status: container.status,
    actions: stepsUp(service, container),
    endangered: [],
  }
}

/** What `stopService` would do. Takes no lock. Throws NOTHING_DEPLOYED, SERVICE_UNKNOWN. */
export async function previewStop(
  world: NodeWorld,
  name: string,
  { rescue = false }: Readonly<{ rescue?: boolean }> = {},
): Promise<ServicePreview> {
  const { service, releaseId } = await findService(world, name, 'stop')
  const container = await world.engine.inspectContainer(service.containerName)
  const { endangered } = await survey(world, await stopQuestion(world, service, releaseId))
  const stays = endangered.some((one) => !rescue || !one.rescuable)
  return {
    service: service.name,
    container: service.containerName,
    status: container?.status ?? 'gone',
    actions: [
      ...(rescue ? endangered.filter((one) => one.rescuable) : []).map(
        (one) => `move ${one.kind} "${one.name}"`,
      ),
      ...(container?.status === 'running' && !stays ? [`stop ${service.name}`] : []),
    ],
    endangered,
  }
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
    const question = await stopQuestion(world, service, releaseId)
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

async function stopQuestion(
  world: NodeWorld,
  service: DeployedService,
  releaseId: string,
): Promise<SurveyQuestion> {
  const side = await loadSide(world.state, releaseId)
  return { stopping: [service.containerName], cause: 'stop', ...knownOf(side) }
}

async function findService(
  world: NodeWorld,
  name: string,
  action: string,
): Promise<Readonly<{ service: DeployedService; releaseId: string }>> {
  const { current } = await world.state.readDeployments()
  if (current === undefined) {
    throw raise('NOTHING_DEPLOYED', { action: `${action} a service`, where: world.state.where })
  }
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
