import { checkFiles, loadRelease } from '../adapters/compose/index.ts'
import { sha256 } from '../adapters/system/index.ts'
import { canonicalJson } from '../core/index.ts'
import { lintRelease, makePlan } from '../node/index.ts'
import type { Container, Deployment, Finding, Plan, PlannedRelease, Release } from '../node/index.ts'
import type { NodeWorld } from '../ports/index.ts'
import { loadSide, survey } from '../runtime/index.ts'
import type { Side, Sides } from '../runtime/index.ts'
import { adoptDeployment, adoptedPlace } from './adopt.ts'
import type { FlagTable, FlagValues } from './command.ts'
import { raise } from './errors.ts'

export const PLAN_FLAGS = {
  rescue: {
    kind: 'switch',
    help: 'move endangered guests and helpers out of their containers first, instead of refusing',
    flagOnly: true,
  },
  'on-failure': {
    kind: 'choice',
    values: ['roll-back', 'roll-forward'],
    default: 'roll-back',
    help: 'what a failed switch does; roll-forward is for a switch with no safe way back',
  },
  adopt: {
    kind: 'list',
    placeholder: 'SERVICE=CONTAINER',
    help: 'a container that Anneal did not create and that this service takes over from; may be repeated',
    flagOnly: true,
  },
  'env-file': {
    kind: 'text',
    placeholder: 'FILE',
    help: 'variables of the Compose file, instead of its .env',
    flagOnly: true,
  },
} as const satisfies FlagTable

export type PlanFlags = FlagValues<typeof PLAN_FLAGS>

export type Planned = Readonly<{ plan: Plan; sides: Sides; release: Release; findings: readonly Finding[] }>

/** The plan from what is deployed (or adopted) to the release of a Compose file. Reads only. */
export async function planUpgrade(world: NodeWorld, file: string, flags: PlanFlags): Promise<Planned> {
  const envFile = flags['env-file']
  const release = await loadRelease(file, {
    environment: process.env,
    digest: sha256,
    ...(envFile === undefined ? {} : { envFile }),
  })
  const { current, previous } = await world.state.readDeployments()
  const old = current ?? (await adoptDeployment(world, release, flags.adopt))
  const sides: Sides = {
    old: await oldSide(world, old, release),
    next: { release, libvirt: release.libvirt },
  }
  const plan = await planBetween(world, sides, release, old, previous, 'upgrade', flags)
  return { plan, sides, release, findings: [...lintRelease(release), ...(await checkFiles(release))] }
}

export async function planBetween(
  world: NodeWorld,
  sides: Sides,
  release: PlannedRelease,
  current: Deployment | undefined,
  previous: Deployment | undefined,
  kind: Plan['kind'],
  flags: Pick<PlanFlags, 'rescue' | 'on-failure'>,
): Promise<Plan> {
  return makePlan(
    current,
    release,
    {
      kind,
      rescue: flags.rescue,
      onFailure: flags['on-failure'] === 'roll-forward' ? 'rollForward' : 'rollBack',
      neededByGuests: await servicesGuestsNeed(world, sides, current),
      previous,
    },
    (rest) => sha256(canonicalJson(rest)),
  )
}

async function oldSide(world: NodeWorld, old: Deployment | undefined, release: Release): Promise<Side> {
  return loadSide(world.state, old?.releaseId, adoptedPlace(old, release))
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

/** The plan back to the release before: its containers are still there, so nothing is fetched or created. */
export async function planRollback(
  world: NodeWorld,
  flags: Pick<PlanFlags, 'rescue' | 'on-failure'>,
): Promise<Readonly<{ plan: Plan; sides: Sides }>> {
  const { current, previous } = await world.state.readDeployments()
  if (current === undefined) throw raise('NOTHING_DEPLOYED', { action: 'roll back' })
  if (previous === undefined) throw raise('NO_PREVIOUS_RELEASE')
  const old = await loadSide(world.state, current.releaseId)
  const next = await loadSide(world.state, previous.releaseId, old.libvirt)
  const sides: Sides = { old, next }
  const plan = await planBetween(
    world,
    sides,
    plannedAgain(previous, next),
    current,
    previous,
    'rollback',
    flags,
  )
  return { plan, sides }
}

/** A deployment as something to plan towards. Adopted containers have no release on file: they are always replaced. */
function plannedAgain(deployment: Deployment, side: Side): PlannedRelease {
  return {
    id: deployment.releaseId,
    project: deployment.project,
    libvirt: side.libvirt,
    services: deployment.services.map(({ name, digest, image, stopGraceMs, restart, dependsOn }) => {
      const replace = side.release?.services.find((service) => service.name === name)?.replace ?? 'always'
      return { name, digest, image, replace, stopGraceMs, restart, ...(dependsOn ? { dependsOn } : {}) }
    }),
  }
}
