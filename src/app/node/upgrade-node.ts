import { randomBytes } from 'node:crypto'
import { LABELS, effectsOf } from '../../node/index.ts'
import type { CheckReport, Effect } from '../../node/index.ts'
import type { NodeWorld } from '../../ports/index.ts'
import { checkNode, runUpgrade } from '../../runtime/node/index.ts'
import type { RunReport } from '../../runtime/node/index.ts'
import { keepEngine } from './open-node.ts'
import { planGiveBack, planRollback, planUpgrade } from './plan-run.ts'
import type { Planned, PlannedRun, RunWishes, UpgradeWishes } from './plan-run.ts'
import { withNode } from './with-node.ts'
import type { RunControl } from './with-node.ts'

export type UpgradeControl = RunControl &
  Readonly<{
    /** The plan is made, and nothing has changed yet. */
    onPlanned?: (planned: Planned) => void
  }>

export type RollbackControl = RunControl &
  Readonly<{
    /** The plan is made, and nothing has changed yet. */
    onPlanned?: (planned: PlannedRun) => void
  }>

/** `refused`: the release itself has a finding that refuses it, and nothing was touched. */
export type Upgraded =
  | Readonly<{ outcome: 'ran'; report: RunReport }>
  | Readonly<{ outcome: 'refused'; planned: Planned }>

export type GivenBack = Readonly<{
  report: RunReport
  /** Containers of Anneal’s that were removed. */
  removed: readonly string[]
}>

/** What an upgrade would do now, and what its check says. */
export type UpgradePreview = Planned & Readonly<{ check: CheckReport; effects: readonly Effect[] }>

/**
 * Replaces the whole release or nothing. Takes the node's lock and brings an earlier run to rest first. How the run ended
 * stands in its report; throws what the planning throws, NODE_LOCKED, and what nobody can go on from.
 */
export function upgradeNode(
  world: NodeWorld,
  wishes: UpgradeWishes,
  control: UpgradeControl = {},
): Promise<Upgraded> {
  return withNode(world, 'upgrade', control, async () => {
    const planned = await planUpgrade(world, wishes)
    control.onPlanned?.(planned)
    if (planned.findings.some(({ severity }) => severity === 'refuse')) return { outcome: 'refused', planned }
    return { outcome: 'ran', report: await applyPlan(world, planned, control) }
  })
}

/** Plans an upgrade and checks the node for it. Changes nothing, and takes no lock. */
export async function previewUpgrade(world: NodeWorld, wishes: UpgradeWishes): Promise<UpgradePreview> {
  const planned = await planUpgrade(world, wishes)
  const check = await checkNode(world, planned.plan, planned.sides, { watchConsoles: 'no' })
  const rescuing = check.verdict === 'rescue' && planned.plan.rescue ? (['rescuing'] as const) : []
  const effects = (
    ['fetching', 'checking', ...rescuing, 'creating', 'switching', 'proving', 'committing'] as const
  ).flatMap((state) => effectsOf(state, planned.plan))
  return { ...planned, check, effects }
}

/** Switches back to the release before. As `upgradeNode`; throws NOTHING_DEPLOYED and NO_PREVIOUS_RELEASE, too. */
export function rollbackNode(
  world: NodeWorld,
  wishes: RunWishes = {},
  control: RollbackControl = {},
): Promise<RunReport> {
  return withNode(world, 'rollback', control, async () => {
    const planned = await planRollback(world, wishes)
    control.onPlanned?.(planned)
    return applyPlan(world, planned, control)
  })
}

/** Plans a rollback and checks the node for it. Changes nothing, and takes no lock. */
export async function previewRollback(
  world: NodeWorld,
  wishes: RunWishes = {},
): Promise<PlannedRun & Readonly<{ check: CheckReport }>> {
  const planned = await planRollback(world, wishes)
  return { ...planned, check: await checkNode(world, planned.plan, planned.sides, { watchConsoles: 'no' }) }
}

/**
 * Gives the node back to the containers that its first release took over from: they run again, with their units, and
 * Anneal knows no release afterwards. Its own containers are removed, but those that a guest still runs from. Until
 * the run is committed this is a rollback as any other. Throws what `planGiveBack` throws, and NODE_LOCKED.
 */
export function giveBackNode(
  world: NodeWorld,
  wishes: RunWishes = {},
  control: RollbackControl = {},
): Promise<GivenBack> {
  return withNode(world, 'give back', control, async () => {
    const planned = await planGiveBack(world, wishes)
    control.onPlanned?.(planned)
    const before = await containersOf(world, planned.plan.project)
    const report = await applyPlan(world, planned, control)
    const after = await containersOf(world, planned.plan.project)
    return { report, removed: before.filter((name) => !after.includes(name)) }
  })
}

async function containersOf({ engine }: NodeWorld, project: string): Promise<readonly string[]> {
  const all = await engine.listContainers({ labels: { [LABELS.project]: project } })
  return all.map(({ name }) => name)
}

/** Plans to give the node back, and checks the node for it. Changes nothing, and takes no lock. */
export async function previewGiveBack(
  world: NodeWorld,
  wishes: RunWishes = {},
): Promise<PlannedRun & Readonly<{ check: CheckReport }>> {
  const planned = await planGiveBack(world, wishes)
  return { ...planned, check: await checkNode(world, planned.plan, planned.sides, { watchConsoles: 'no' }) }
}

async function applyPlan(
  world: NodeWorld,
  { plan, sides }: PlannedRun,
  control: RunControl,
): Promise<RunReport> {
  const now = new Date(world.clock.now()).toISOString().replaceAll(/[-:.]/g, '')
  const runId = `${now}-${randomBytes(3).toString('hex')}`
  await keepEngine(world)
  return runUpgrade(world, plan, sides, runId, control)
}
