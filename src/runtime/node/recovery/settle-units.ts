import { isAnnealError } from '../../../core/index.ts'
import type { Deployment, Reason, Supervisor } from '../../../node/index.ts'
import { rearmUnit } from '../containers/rearm-unit.ts'
import type { NodeWorld } from '../../../ports/index.ts'

/** Units of adopted containers that are not as the node’s rest wants them. */
export type UnsettledUnits = Readonly<{
  /** Of containers that are kept, stopped: they would start them. */
  armed: readonly Supervisor[]
  /** Of containers that run: they are to act again. */
  disarmed: readonly Supervisor[]
}>

/** Reads only. Asks nobody where nothing was adopted. */
export async function unsettledUnits(
  world: Pick<NodeWorld, 'units'>,
  current: Deployment,
  kept: readonly Deployment[],
): Promise<UnsettledUnits> {
  const wanted = supervisorsIn([current])
  const unwanted = supervisorsIn(kept).filter(({ unit }) => !wanted.some((one) => one.unit === unit))
  if (wanted.length + unwanted.length === 0) return { armed: [], disarmed: [] }
  const units = await world.units.services()
  const isDisarmed = (name: string): boolean | undefined => {
    const unit = units.find((candidate) => candidate.name === name)
    return unit === undefined ? undefined : unit.disarmed === true
  }
  return {
    armed: unwanted.filter(({ unit }) => isDisarmed(unit) === false),
    disarmed: wanted.filter(({ unit }) => isDisarmed(unit) === true),
  }
}

/** Before anything is stopped: a unit would start it again. */
export function disarmKept(
  world: NodeWorld,
  current: Deployment,
  kept: readonly Deployment[],
  actions: string[],
): Promise<readonly Reason[]> {
  return unlessItFails(async () => {
    const { armed } = await unsettledUnits(world, current, kept)
    for (const { unit } of armed) {
      await world.units.disarm(unit)
      actions.push(`kept ${unit} from starting its container`)
    }
  })
}

/** Once the containers run: a unit then finds its own running. */
export function rearmCurrent(
  world: NodeWorld,
  current: Deployment,
  actions: string[],
): Promise<readonly Reason[]> {
  return unlessItFails(async () => {
    const { disarmed } = await unsettledUnits(world, current, [])
    for (const supervisor of disarmed) {
      await rearmUnit(world, supervisor)
      actions.push(`let ${supervisor.unit} act again`)
    }
  })
}

function supervisorsIn(deployments: readonly Deployment[]): readonly Supervisor[] {
  return deployments.flatMap(({ services }) => services.flatMap(({ supervisors = [] }) => supervisors))
}

async function unlessItFails(act: () => Promise<void>): Promise<readonly Reason[]> {
  try {
    await act()
    return []
  } catch (error) {
    if (!isAnnealError(error)) throw error
    return [{ code: error.code, message: error.message, remedy: error.remedy }]
  }
}
