import { LABELS, decide, isStable } from '../../../node/index.ts'
import type { Container, DeployedService, Deployment, Effect, StateName } from '../../../node/index.ts'
import type { NodeWorld } from '../../../ports/index.ts'
import { raise } from '../errors.ts'
import { replay } from '../upgrade/journal.ts'
import type { Replayed } from '../upgrade/journal.ts'
import { unsettledUnits } from './settle-units.ts'
import { findUnreferenced } from '../containers/prune-containers.ts'

/** What `recoverNode` would do now. */
export type RecoveryPreview = Readonly<{
  /** The interrupted run, the state it stopped in, and how recovery goes on from there. */
  run: Readonly<{ run: string; state: StateName; next: StateName; effects: readonly Effect[] }> | undefined
  /**
   * What brings the node to exactly the current release: `stop "x", …`, `start libvirt`. Empty while a run is
   * interrupted: it decides which release is the current one.
   */
  actions: readonly string[]
}>

/** Reads only: the journal, the deployments, the containers and the processes. */
export async function previewRecovery(world: NodeWorld): Promise<RecoveryPreview> {
  const replayed = replay(await world.state.readJournal())
  if (replayed !== undefined && !replayed.ended) return { run: nextOf(replayed), actions: [] }
  const { current, previous, adopted } = await world.state.readDeployments()
  if (current === undefined) return { run: undefined, actions: [] }
  const containers = await world.engine.listContainers({})
  const kept = [previous, adopted].filter((deployment) => deployment !== undefined)
  const strangers = strangersOf(current, kept, containers)
  const units = await unsettledUnits(world, current, kept)
  const unreferenced = await findUnreferenced(world, current.project)
  const byName = new Map(containers.map((container) => [container.name, container]))
  return {
    run: undefined,
    actions: [
      ...units.armed.map(({ unit }) => `keep ${unit} from starting its container`),
      ...strangers.flatMap((container) => [
        ...(container.restartPolicy === 'no' ? [] : [`take the restart policy from "${container.name}"`]),
        ...(container.status === 'running'
          ? [`stop "${container.name}", which is not of the current release`]
          : []),
      ]),
      ...current.services.flatMap((service) => stepsUp(service, byName.get(service.containerName))),
      ...units.disarmed.map(({ unit }) => `let ${unit} act again`),
      ...unreferenced.map(({ name }) => `remove "${name}", which no release refers to`),
    ],
  }
}

function nextOf({ run, state, nextSequence }: Replayed): RecoveryPreview['run'] {
  if (isStable(state.state)) return { run, state: state.state, next: state.state, effects: [] }
  const decision = decide(state, { type: 'recovered' })
  if (!decision.legal) throw raise('JOURNAL_BROKEN', { run, sequence: nextSequence, why: decision.why })
  return { run, state: state.state, next: decision.next.state, effects: decision.effects }
}

/** Containers of this project, or of the releases that are kept, that are not of the current release; newest first. */
export function strangersOf(
  current: Deployment,
  kept: readonly Deployment[],
  containers: readonly Container[],
): readonly Container[] {
  const ours = new Set(current.services.map(({ containerName }) => containerName))
  const known = new Set(kept.flatMap(({ services }) => services.map(({ containerName }) => containerName)))
  return containers
    .toReversed()
    .filter(
      ({ name, labels }) =>
        !ours.has(name) && (known.has(name) || labels[LABELS.project] === current.project),
    )
}

/** What a service of the current release needs to be up, in order. */
export function stepsUp(service: DeployedService, container: Container | undefined): readonly string[] {
  return [
    ...(container === undefined ? [`create ${service.name}`] : []),
    ...(container?.restartPolicy === service.restart
      ? []
      : [`set the restart policy of ${service.name} to "${service.restart}"`]),
    ...(container?.status === 'running' ? [] : [`start ${service.name}`]),
  ]
}
