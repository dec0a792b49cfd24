import { findDissent } from '../../../node/index.ts'
import type { Finding, LibvirtPlace } from '../../../node/index.ts'
import type { Domain, NodeWorld } from '../../../ports/index.ts'
import { survey } from './survey.ts'
import type { Survey, SurveyQuestion } from './survey.ts'

export type SettledSurvey = Readonly<{
  seen: Survey
  /** undefined where libvirt does not answer. */
  domains: readonly Domain[] | undefined
  /** Where libvirt, its files and the processes disagree. */
  dissent: readonly Finding[]
}>

/** A guest that starts or ends between two questions is no disagreement. */
const LOOKS = 3
const PAUSE_MS = 500

/** A look at the node beside libvirt's own list, repeated while both disagree: what is left then is no matter of time. */
export async function settledSurvey(
  world: NodeWorld,
  question: SurveyQuestion,
  place: LibvirtPlace | undefined,
): Promise<SettledSurvey> {
  for (let look = 1; ; look += 1) {
    const domains = await domainsOf(world, place)
    const seen = await survey(world, question)
    const { census, table, statusFiles, looks } = seen
    const left = new Set([...(question.expendable ?? []), ...(question.beside ?? [])])
    const killSets = seen.killSets.filter(({ containerName }) => !left.has(containerName))
    const dissent = findDissent({ census, table, statusFiles, looks, killSets, domains })
    if (dissent.length === 0 || look === LOOKS) return { seen, domains, dissent }
    await world.clock.sleep(PAUSE_MS)
  }
}

/** undefined where it does not answer. */
export async function domainsOf(
  world: NodeWorld,
  place: LibvirtPlace | undefined,
): Promise<readonly Domain[] | undefined> {
  if (place === undefined) return undefined
  try {
    return await world.hypervisor(place).domains()
  } catch {
    return undefined
  }
}
