import { isAnnealError } from '../../../core/index.ts'
import type { AnnealError } from '../../../core/index.ts'
import { LABELS, breachesAtRest, libvirtsBeside } from '../../../node/index.ts'
import type { DeployedService, Deployment, Owner, Reason } from '../../../node/index.ts'
import type { NodeWorld } from '../../../ports/index.ts'
import { awaitReady } from '../containers/await-ready.ts'
import { ensureContainer, startOrCreate } from '../containers/ensure-container.ts'
import { raise } from '../errors.ts'
import { replay } from '../upgrade/journal.ts'
import { strangersOf } from './preview-recovery.ts'
import { disarmKept, rearmCurrent } from './settle-units.ts'
import { pruneContainers } from '../containers/prune-containers.ts'
import { rescueEndangered } from '../rescue/rescue-endangered.ts'
import { recoverRun } from '../upgrade/run-upgrade.ts'
import type { RunOptions } from '../upgrade/run-upgrade.ts'
import type { RunReport } from '../upgrade/report.ts'
import { readOwners } from '../survey/read-owners.ts'
import { knownOf, loadSide, loadSides } from '../upgrade/side.ts'
import type { Side } from '../upgrade/side.ts'
import { startContainer } from '../containers/start-container.ts'

export type Recovery = Readonly<{
  /** The interrupted run that was brought to rest. */
  report: RunReport | undefined
  /** What was done so that exactly the committed release runs: `started libvirt`, `stopped …`. */
  actions: readonly string[]
  /** What could not be brought up. The rest was. */
  problems: readonly Reason[]
}>

const STRANGER_GRACE_MS = 10_000

/** Who starts a container that was stopped. */
const STARTERS: ReadonlySet<Owner['kind']> = new Set(['unit', 'job', 'watcher', 'orchestrator'])

/**
 * Brings the node to rest: first an interrupted run, then the committed release, all of it and nothing else.
 * Run at boot and before every run. The caller holds the lock.
 */
export async function recoverNode(world: NodeWorld, options: RunOptions = {}): Promise<Recovery> {
  await startKept(world)
  const report = await recoverRun(world, options)
  const { current: committed, previous, adopted } = await world.state.readDeployments()
  const resting =
    committed === undefined
      ? await neverCommitted(world)
      : { current: committed, side: await loadSide(world.state, committed.releaseId) }
  if (resting === undefined) return { report, actions: [], problems: [] }
  const { current } = resting
  const actions: string[] = []
  const kept = [previous, adopted].filter((deployment) => deployment !== undefined)
  const units = await disarmKept(world, current, kept, actions)
  // Where nothing was ever committed, nobody knows what of the node is not meant to run.
  if (committed !== undefined) await stopStrangers(world, current, kept, actions)
  const failed = await startMissing(world, resting, options, actions)
  const problems = [
    ...units,
    ...failed,
    ...(await rearmCurrent(world, current, actions)),
    ...(await unrest(world, resting, failed.length > 0)),
    ...(await startedFromOutside(world, resting, kept)),
  ]
  // What a run that ended in "attention" had created.
  if (problems.length === 0 && committed !== undefined) {
    const removed = await pruneContainers(world, current.project)
    actions.push(...removed.map((name) => `removed "${name}", which no release refers to`))
  }
  return { report, actions, problems }
}

/**
 * What the node's first run set out from, where it ended in "attention": adopted containers, and no release that was
 * committed. They are what has to run, and who is asked must not hear that nothing was interrupted.
 */
async function neverCommitted(world: NodeWorld): Promise<Resting | undefined> {
  const replayed = replay(await world.state.readJournal())
  if (replayed === undefined || replayed.state.state !== 'attention') return undefined
  const { plan } = replayed.state
  const services = plan.actions.flatMap((action) => (action.action === 'add' ? [] : [action.old]))
  if (plan.fromReleaseId === undefined || services.length === 0) return undefined
  const { old: side } = await loadSides(world.state, replayed.run, plan)
  return { current: { releaseId: plan.fromReleaseId, project: plan.project, services }, side }
}

/** What the node is to rest on. */
type Resting = Readonly<{ current: Deployment; side: Side }>

/** A last look, by what is there and not by what was done: recovery must not call a node whole that is not. */
async function unrest(
  world: NodeWorld,
  { current, side }: Resting,
  alreadyTold: boolean,
): Promise<readonly Reason[]> {
  const containers = await world.engine.listContainers({})
  const table = await world.processes.table()
  const own = new Set(current.services.map(({ containerName }) => containerName))
  const ours = containers.filter(
    ({ name, labels }) => own.has(name) || labels[LABELS.project] === current.project,
  )
  const breaches = breachesAtRest(current, ours).filter(
    ({ code }) => code === 'STRANGER_RUNS' || (!alreadyTold && code !== 'STRANGER_ARMED'),
  )
  const second = side.libvirt === undefined ? [] : libvirtsBeside(own, table, containers)
  return [
    ...breaches.map(({ detail }) => reasonOf(raise('NODE_NOT_AT_REST', { detail }))),
    ...second.map((what) => reasonOf(raise('SECOND_LIBVIRT', { what }))),
  ]
}

/** A unit that brings back a container of the release before: what recovery stops is up again a moment later. */
async function startedFromOutside(
  world: NodeWorld,
  { current }: Resting,
  kept: readonly Deployment[],
): Promise<readonly Reason[]> {
  const own = new Set(current.services.map(({ containerName }) => containerName))
  const stopped = kept.flatMap(({ services }) => services.map(({ containerName }) => containerName))
  const names = new Set(stopped.filter((name) => !own.has(name)))
  const containers = (await world.engine.listContainers({})).filter(({ name }) => names.has(name))
  if (containers.length === 0) return []
  try {
    const { owners } = await readOwners(world, containers)
    return owners
      .filter(({ kind, effect }) => effect === 'acts' && STARTERS.has(kind))
      .map(({ container, evidence }) => reasonOf(raise('STARTED_FROM_OUTSIDE', { container, evidence })))
  } catch (error) {
    if (!isAnnealError(error)) throw error
    return [reasonOf(error)]
  }
}

function reasonOf(error: AnnealError): Reason {
  return { code: error.code, message: error.message, remedy: error.remedy }
}

/**
 * Services that an interrupted run keeps: no effect of it starts them, but a reboot may have stopped them. They are not
 * waited for here: what becomes of them the run's proof says.
 */
async function startKept(world: NodeWorld): Promise<void> {
  const replayed = replay(await world.state.readJournal())
  if (replayed === undefined || replayed.ended) return
  const { plan } = replayed.state
  const { old } = await loadSides(world.state, replayed.run, plan)
  for (const action of plan.actions) {
    if (action.action !== 'keep') continue
    const container = await world.engine.inspectContainer(action.old.containerName)
    if (container === undefined || container.status === 'running') continue
    try {
      await startOrCreate(world, old, { name: container.name, service: action.service })
    } catch (error) {
      if (!isAnnealError(error)) throw error
    }
  }
}

/**
 * Containers of this project, or of what it replaced, that run or would be started beside the current release:
 * a failed way back, a restart policy of an earlier tool, somebody's hand.
 */
async function stopStrangers(
  world: NodeWorld,
  current: Deployment,
  kept: readonly Deployment[],
  actions: string[],
): Promise<void> {
  const asked = knownOf(await loadSide(world.state, current.releaseId))
  const known = new Map(
    kept.flatMap(({ services }) => services.map((service) => [service.containerName, service] as const)),
  )
  const containers = await world.engine.listContainers({})
  for (const container of strangersOf(current, kept, containers)) {
    if (container.restartPolicy !== 'no') await world.engine.armContainer(container.id, 'no')
    if (container.status !== 'running') continue
    await rescueEndangered(world, { stopping: [container.name], cause: 'stop', ...asked })
    await world.engine.stopContainer(
      container.id,
      known.get(container.name)?.stopGraceMs ?? STRANGER_GRACE_MS,
    )
    actions.push(`stopped "${container.name}", which is not of the current release`)
  }
}

/** Starts what is down, in start order. One service that does not come up does not keep the others down. */
async function startMissing(
  world: NodeWorld,
  resting: Resting,
  options: RunOptions,
  actions: string[],
): Promise<readonly Reason[]> {
  const problems: Reason[] = []
  for (const deployed of resting.current.services) {
    try {
      await startService(world, resting, deployed, options, actions)
    } catch (error) {
      if (!isAnnealError(error)) throw error
      problems.push(reasonOf(error))
    }
  }
  return problems
}

async function startService(
  world: NodeWorld,
  { side }: Resting,
  deployed: DeployedService,
  options: RunOptions,
  actions: string[],
): Promise<void> {
  const { container, isNew } = await ensureContainer(world, side, {
    name: deployed.containerName,
    service: deployed.name,
    digest: deployed.digest,
  })
  if (isNew) actions.push(`created ${deployed.name}`)
  if (container.restartPolicy !== deployed.restart)
    await world.engine.armContainer(container.id, deployed.restart)
  if (container.status === 'running') return
  await startContainer(world, side, deployed.name, container.id)
  actions.push(`started ${deployed.name}`)
  await awaitReady(world, {
    service: deployed.name,
    name: deployed.containerName,
    probes: side.release?.services.find((candidate) => candidate.name === deployed.name)?.ready ?? [],
    libvirt: side.libvirt,
    signal: options.signal ?? new AbortController().signal,
  })
}
