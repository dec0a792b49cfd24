import { changedUnits, unitsThatHold } from '../../../node/index.ts'
import type { Finding } from '../../../node/index.ts'
import type { NodeWorld } from '../../../ports/index.ts'
import type { Survey } from './survey.ts'

/** What of the units that guests hang on systemd has not read yet. */
export async function unitsChanged(
  world: Pick<NodeWorld, 'units'>,
  seen: Survey,
  asked: 'plan' | 'doctor',
): Promise<readonly Finding[]> {
  const held = unitsThatHold(seen)
  return changedUnits(await world.units.changed([...held.keys()]), held, asked)
}
