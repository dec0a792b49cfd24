import type { DeployedService, Deployment } from '../node/index.ts'
import { toContainerSpec } from '../node/index.ts'
import type { NodeWorld } from '../ports/index.ts'
import { awaitReady } from './await-ready.ts'
import { raise } from './errors.ts'
import { rescueEndangered } from './rescue-endangered.ts'
import { recoverRun } from './run-upgrade.ts'
import type { RunOptions } from './run-upgrade.ts'
import type { RunReport } from './report.ts'
import { loadSide } from './side.ts'

export type Recovery = Readonly<{
  /** The interrupted run that was brought to rest. */
  report: RunReport | undefined
  /** What was done so that exactly the committed release runs: `started libvirt`, `stopped …`. */
  actions: readonly string[]
}>

/**
 * Brings the node to rest: first an interrupted run, then the committed release, all of it and nothing else.
 * Run at boot and before every run. The caller holds the lock.
 */
export async function recoverNode(world: NodeWorld, options: RunOptions = {}): Promise<Recovery> {
  const report = await recoverRun(world, options)
  const { current, previous } = await world.state.readDeployments()
  if (current === undefined) return { report, actions: [] }
  const actions: string[] = []
  await stopStrangers(world, current, previous, actions)
  await startMissing(world, current, options, actions)
  return { report, actions }
}

/** Containers of the previous release that run beside the current one (a restart policy of an earlier tool). */
async function stopStrangers(
  world: NodeWorld,
  current: Deployment,
  previous: Deployment | undefined,
  actions: string[],
): Promise<void> {
  const side = await loadSide(world.state, current.releaseId)
  const places = side.libvirt === undefined ? [] : [side.libvirt]
  const helpers = side.release?.services.flatMap((service) => service.helpers) ?? []
  for (const old of previous?.services.toReversed() ?? []) {
    if (current.services.some((service) => service.containerName === old.containerName)) continue
    const container = await world.engine.inspectContainer(old.containerName)
    if (container === undefined) continue
    if (container.restartPolicy !== 'no') await world.engine.armContainer(container.id, 'no')
    if (container.status !== 'running') continue
    await rescueEndangered(world, { stopping: [old.containerName], cause: 'stop', places, helpers })
    await world.engine.stopContainer(container.id, old.stopGraceMs)
    actions.push(`stopped ${old.name} of the previous release`)
  }
}

async function startMissing(
  world: NodeWorld,
  current: Deployment,
  options: RunOptions,
  actions: string[],
): Promise<void> {
  const side = await loadSide(world.state, current.releaseId)
  for (const deployed of current.services) {
    const service = side.release?.services.find((candidate) => candidate.name === deployed.name)
    const id = await ensureContainer(world, current, deployed, actions)
    const container = await world.engine.inspectContainer(id)
    if (container?.status !== 'running') {
      await world.engine.startContainer(id)
      actions.push(`started ${deployed.name}`)
      await awaitReady(world, {
        service: deployed.name,
        name: deployed.containerName,
        probes: service?.ready ?? [],
        libvirt: side.libvirt,
        signal: options.signal ?? new AbortController().signal,
      })
    }
    if (container?.restartPolicy !== deployed.restart) await world.engine.armContainer(id, deployed.restart)
  }
}

/** A container that somebody removed is created anew from the release on file. */
async function ensureContainer(
  world: NodeWorld,
  current: Deployment,
  deployed: DeployedService,
  actions: string[],
): Promise<string> {
  const container = await world.engine.inspectContainer(deployed.containerName)
  if (container !== undefined) return container.id
  const { release } = await loadSide(world.state, current.releaseId)
  const service = release?.services.find(
    (candidate) => candidate.name === deployed.name && candidate.digest === deployed.digest,
  )
  if (release === undefined || service === undefined) {
    throw raise('CONTAINER_MISSING', { name: deployed.containerName, service: deployed.name })
  }
  actions.push(`created ${deployed.name}`)
  return world.engine.createContainer(
    toContainerSpec(service, release, { name: deployed.containerName, restartPolicy: 'no' }),
  )
}
