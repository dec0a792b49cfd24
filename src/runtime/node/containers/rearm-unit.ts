import { isUp, waitsForEarlier } from '../../../node/index.ts'
import type { Supervisor } from '../../../node/index.ts'
import type { NodeWorld } from '../../../ports/index.ts'

/** Lets the unit of an adopted container act again, and has it wait for the container, which runs. Idempotent. */
export async function rearmUnit(
  world: Pick<NodeWorld, 'units' | 'engine' | 'processes'>,
  { unit, ran }: Supervisor,
): Promise<void> {
  if (ran) await endEarlierWait(world, unit)
  await world.units.rearm(unit)
  if (ran) await world.units.start(unit)
}

/**
 * A unit that still waits for an earlier run of its container would not hear of the end of this one; and once that wait ends, its
 * ExecStop= would stop the container, whoever is in it.
 */
async function endEarlierWait(
  world: Pick<NodeWorld, 'units' | 'engine' | 'processes'>,
  name: string,
): Promise<void> {
  const unit = (await world.units.services()).find((candidate) => candidate.name === name)
  if (unit?.disarmed !== true || !isUp(unit)) return
  const containers = await world.engine.listContainers({ running: true })
  const table = await world.processes.table()
  if (containers.some((container) => waitsForEarlier(unit, container, table))) await world.units.endMain(name)
}
