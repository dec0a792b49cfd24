import { SHARED_HELPERS } from '../../../node/index.ts'
import type { Guest, Helper } from '../../../node/index.ts'
import type { NodeWorld, RescueReport } from '../../../ports/index.ts'
import { survey } from '../survey/survey.ts'
import type { SurveyQuestion } from '../survey/survey.ts'

/** Moves every endangered guest with its helpers, then the endangered helpers that serve no single guest. Idempotent. */
export async function rescueEndangered(
  world: NodeWorld,
  question: SurveyQuestion,
): Promise<readonly RescueReport[]> {
  const seen = await survey(world, question)
  const movable = seen.endangered.filter((one) => one.rescuable)
  const from = seen.containers
    .filter(
      (container) => question.stopping.includes(container.name) || question.stopping.includes(container.id),
    )
    .map((container) => container.id)
    .concat(seen.unitGroups)
  const isMovable = (one: Guest | Helper): boolean => movable.some((other) => other.pid === one.identity.pid)
  const reports: RescueReport[] = []
  const taken = new Set<number>()
  for (const guest of seen.census.guests) {
    const helpers = seen.census.helpers.filter(
      (helper) =>
        helper.guests.includes(guest.uuid) && helper.guests.length === 1 && !SHARED_HELPERS.has(helper.kind),
    )
    if (!isMovable(guest) && !helpers.some(isMovable)) continue
    reports.push(await world.rescuer.rescue(guest, helpers, from))
    for (const one of [guest, ...helpers]) taken.add(one.identity.pid)
  }
  for (const helper of seen.census.helpers) {
    if (isMovable(helper) && !taken.has(helper.identity.pid)) {
      reports.push(await world.rescuer.rescueHelper(helper, from))
    }
  }
  return reports
}
