import type { CheckReport, LibvirtPlace, RunEvent, WayBack } from '../../../node/index.ts'
import type { Domain } from '../../../ports/index.ts'
import { declaredHelpers, placesOf } from './check-node.ts'
import { domainsOf } from '../survey/settled-survey.ts'
import type { ExecutorContext } from './executors.ts'
import { endingsOf, goneOf } from './guest-endings.ts'
import { survey } from '../survey/survey.ts'
import type { Survey } from '../survey/survey.ts'

/** Who runs right before libvirt stops, and who ended those that have gone since the check. */
export async function countAgain(
  context: ExecutorContext,
): Promise<Extract<RunEvent, { type: 'guestsRecounted' }>> {
  const { world, sides } = context
  const { check } = context.run()
  const { takenAt, census, domains, containers, table } = await count(context, sides.old.libvirt)
  const ended = await endingsOf(world, context.run(), sides, {
    gone: goneOf(check?.census.guests ?? [], table),
    seenAt: check?.takenAt,
    present: census.guests,
    domains,
    containers,
  })
  return { type: 'guestsRecounted', census, domains, takenAt, ended }
}

/**
 * Who is alive when the way back begins; undefined where that is known, or told by the check: after a crash on the way
 * back nobody who was lost on it is forgiven, and after another boot nobody of before is missed.
 */
export async function countBack(context: ExecutorContext): Promise<WayBack | undefined> {
  const { world, sides } = context
  const { check, back } = context.run()
  const { bootId } = await world.host.facts()
  if (back !== undefined || (check !== undefined && check.bootId !== bootId)) return undefined
  const { takenAt, census, domains } = await count(context, sides.next.libvirt)
  return { bootId, takenAt, census, domains: seenByEither(check, domains) }
}

/** Who runs, and what the libvirt of one side says of them. */
async function count(
  { world, sides }: ExecutorContext,
  libvirt: LibvirtPlace | undefined,
): Promise<
  Pick<Survey, 'census' | 'containers' | 'table'> & {
    takenAt: number
    domains: readonly Domain[] | undefined
  }
> {
  const takenAt = world.clock.now()
  const [{ census, containers, table }, domains] = await Promise.all([
    survey(world, { stopping: [], cause: 'stop', places: placesOf(sides), helpers: declaredHelpers(sides) }),
    domainsOf(world, libvirt),
  ])
  return { takenAt, census, containers, table, domains }
}

/** The new libvirt knows what became of guests since the check; where it does not see one, the check still counts. */
function seenByEither(
  check: CheckReport | undefined,
  domains: CheckReport['domains'],
): CheckReport['domains'] {
  if (check?.domains === undefined) return domains
  const active = domains?.filter(({ state }) => state !== 'shutoff') ?? []
  const others = check.domains.filter(({ uuid }) => !active.some((domain) => domain.uuid === uuid))
  return [...others, ...active]
}
