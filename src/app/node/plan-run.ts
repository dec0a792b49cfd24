import { sha256 } from '../../adapters/system/index.ts'
import { canonicalJson } from '../../core/index.ts'
import { lintRelease, makePlan, shortId } from '../../node/index.ts'
import type { Container, Deployment, Finding, Plan, PlannedRelease, Release } from '../../node/index.ts'
import type { NodeWorld } from '../../ports/index.ts'
import { loadSide, survey } from '../../runtime/node/index.ts'
import type { Side, Sides } from '../../runtime/node/index.ts'
import { raise } from '../errors.ts'
import { adoptByName, adoptDeployment, adoptedPlace } from './adopt.ts'
import type { Adopted } from './adopt.ts'

/** What a person may ask of a run. */
export type RunWishes = Readonly<{
  /** Move endangered guests and helpers out of their containers first, instead of refusing. Default: no. */
  rescue?: boolean
  /** What a failed switch does; `rollForward` is for a switch with no safe way back. Default: `rollBack`. */
  onFailure?: Plan['onFailure']
}>

/** A release that was read from where it is kept, and what was noticed about the files that it names. */
export type LoadedRelease = Readonly<{ release: Release; findings: readonly Finding[] }>

export type UpgradeWishes = RunWishes &
  Readonly<{
    /** Gives the release. An upgrade calls it when it holds the node's lock and the node is at rest. */
    release: () => Promise<LoadedRelease>
    /** Containers that Anneal did not create and that the release takes over from. Only for a node's first release. */
    adopt?: readonly Adopted[]
    /** `name`: also those that are called as a service of the release; it is an error where there are none. */
    adoptBy?: 'name'
  }>

export type PlannedRun = Readonly<{ plan: Plan; sides: Sides }>

export type Planned = PlannedRun & LoadedRelease

/** The plan from what is deployed (or adopted) to a release. Reads only. Throws what `release` throws, and ADOPTED_MISSING. */
export async function planUpgrade(world: NodeWorld, wishes: UpgradeWishes): Promise<Planned> {
  const { release, findings } = await wishes.release()
  const { current, previous } = await world.state.readDeployments()
  if (wishes.adoptBy === 'name' && current !== undefined) {
    throw raise('ALREADY_MANAGED', { release: shortId(current.releaseId) })
  }
  const adopt = wishes.adoptBy === 'name' ? await adoptByName(world, release, wishes.adopt) : wishes.adopt
  const old = current ?? (await adoptDeployment(world, release, adopt ?? []))
  const sides: Sides = {
    old: await loadSide(world.state, old?.releaseId, await adoptedPlace(world, old, release.libvirt)),
    next: { release, libvirt: release.libvirt },
  }
  const plan = await planBetween(world, sides, release, old, previous, 'upgrade', wishes)
  return { plan, sides, release, findings: [...lintRelease(release), ...findings] }
}

/**
 * The plan back to the release before. Its containers are still there, so nothing is fetched or created; where somebody removed
 * them, they are made again. Throws NOTHING_DEPLOYED, NO_PREVIOUS_RELEASE, and ADOPTED_GONE: adopted containers cannot be made again.
 */
export async function planRollback(world: NodeWorld, wishes: RunWishes = {}): Promise<PlannedRun> {
  const { current, previous } = await world.state.readDeployments()
  if (current === undefined)
    throw raise('NOTHING_DEPLOYED', { action: 'roll back', where: world.state.where })
  if (previous === undefined) throw raise('NO_PREVIOUS_RELEASE')
  const old = await loadSide(world.state, current.releaseId)
  const place = await adoptedPlace(world, previous, old.libvirt)
  const next = await loadSide(world.state, previous.releaseId, place ?? old.libvirt)
  if (next.release === undefined) {
    const gone = await missing(world, previous)
    if (gone !== undefined) throw raise('ADOPTED_GONE', { container: gone })
  }
  const sides: Sides = { old, next }
  const target = plannedAgain(previous, next)
  const plan = await planBetween(world, sides, target, current, previous, 'rollback', wishes)
  return { plan, sides }
}

/**
 * The plan back to the containers that the node’s first release took over from. Throws NOTHING_ADOPTED, and
 * GIVE_BACK_IMPOSSIBLE where one of them is gone or a guest still needs a service of Anneal’s.
 */
export async function planGiveBack(world: NodeWorld, wishes: RunWishes = {}): Promise<PlannedRun> {
  const { current, adopted } = await world.state.readDeployments()
  if (current === undefined || adopted === undefined) {
    throw raise('NOTHING_ADOPTED', { where: world.state.where })
  }
  const gone = await missing(world, adopted)
  if (gone !== undefined) throw raise('GIVE_BACK_IMPOSSIBLE', { why: `container "${gone}" is gone` })
  const old = await loadSide(world.state, current.releaseId)
  const sides: Sides = {
    old,
    next: await loadSide(world.state, adopted.releaseId, await adoptedPlace(world, adopted, old.libvirt)),
  }
  const target = plannedAgain(adopted, sides.next)
  const plan = await planBetween(world, sides, target, current, adopted, 'rollback', wishes, {
    forgets: true,
  })
  const held = plan.actions.find((one) => one.action === 'keep' && one.because === 'guestsNeedIt')
  if (held !== undefined) {
    throw raise('GIVE_BACK_IMPOSSIBLE', {
      why: `a running guest needs a process of service "${held.service}"`,
    })
  }
  return { plan, sides }
}

/** Name of a container of the deployment that the engine does not have. */
async function missing({ engine }: NodeWorld, { services }: Deployment): Promise<string | undefined> {
  for (const { containerName } of services) {
    if ((await engine.inspectContainer(containerName)) === undefined) return containerName
  }
  return undefined
}

async function planBetween(
  world: NodeWorld,
  sides: Sides,
  release: PlannedRelease,
  current: Deployment | undefined,
  previous: Deployment | undefined,
  kind: Plan['kind'],
  { rescue = false, onFailure = 'rollBack' }: RunWishes,
  more: Readonly<{ forgets?: true }> = {},
): Promise<Plan> {
  return makePlan(
    current,
    release,
    {
      kind,
      rescue,
      onFailure,
      neededByGuests: await servicesGuestsNeed(world, sides, current),
      previous,
      ...more,
    },
    (rest) => sha256(canonicalJson(rest)),
  )
}

/** Services of the current deployment in which a helper of a running guest lives. */
async function servicesGuestsNeed(
  world: NodeWorld,
  sides: Sides,
  current: Deployment | undefined,
): Promise<readonly string[]> {
  if (current === undefined) return []
  const places = [sides.old.libvirt, sides.next.libvirt].filter((place) => place !== undefined)
  const helpers = [sides.old, sides.next].flatMap(
    (side) => side.release?.services.flatMap((service) => service.helpers) ?? [],
  )
  const seen = await survey(world, { stopping: [], cause: 'stop', places, helpers })
  const needed = seen.census.helpers.flatMap((helper) => {
    const owner = seen.containers.find((container) => isMain(container, helper.identity.pid))
    const service = current.services.find((candidate) => candidate.containerName === owner?.name)
    return service === undefined ? [] : [service.name]
  })
  return [...new Set(needed)]
}

/** Only the first process of a container makes the service itself needed: others can be moved out of it. */
function isMain(container: Container, pid: number): boolean {
  return container.pid === pid
}

/** A deployment as something to plan towards. Adopted containers have no release on file: they are always replaced. */
function plannedAgain(deployment: Deployment, side: Side): PlannedRelease {
  return {
    id: deployment.releaseId,
    project: deployment.project,
    libvirt: side.libvirt,
    services: deployment.services.map((deployed) => {
      const { name, digest, image, stopGraceMs, restart, dependsOn, supervisors } = deployed
      const replace = side.release?.services.find((service) => service.name === name)?.replace ?? 'always'
      return {
        name,
        digest,
        image,
        replace,
        stopGraceMs,
        restart,
        ...(dependsOn ? { dependsOn } : {}),
        ...(supervisors ? { supervisors } : {}),
      }
    }),
  }
}
