import type {
  Census,
  Container,
  Endangered,
  EngineKind,
  Finding,
  KillSet,
  StopCause,
} from '../../node/index.ts'
import { hostEndFindings } from '../../node/index.ts'
import type { NodeWorld } from '../../ports/index.ts'
import { readOwners, settledSurvey } from '../../runtime/node/index.ts'
import { containersQuestion } from './containers-question.ts'

export type KillSets = Readonly<{
  engine: EngineKind
  cause: StopCause
  killSets: readonly KillSet[]
  endangered: readonly Endangered[]
  census: Census
  /** Where libvirt, its files and the processes disagree about who is a guest. */
  findings: readonly Finding[]
  /** Units with which systemd ends the whole host, and every guest with it. */
  hostEnds: readonly Finding[]
}>

/**
 * The processes that would die if these containers ended now, and how; without names, all containers. Changes nothing.
 * Throws CONTAINER_UNKNOWN.
 */
export async function killSetOf(
  world: NodeWorld,
  containers: readonly string[],
  cause: StopCause,
): Promise<KillSets> {
  const question = await containersQuestion(world, containers, cause)
  const { seen, dissent } = await settledSurvey(world, question, question.places[0])
  // Of containers that do not run, only those that still hold somebody are worth a word, unless they were asked about.
  const killSets = seen.killSets.filter(
    ({ containerId, doomed }) =>
      containers.length > 0 || doomed.length > 0 || runs(seen.containers, containerId),
  )
  const { endangered, census, engine, table, units } = seen
  const ending = seen.containers.filter(({ id, pid }) => pid !== 0 && question.stopping.includes(id))
  const { owners } = await readOwners(world, ending, { engine, table, ...(units && { units }) })
  const hostEnds = hostEndFindings(owners)
  return { engine: engine.kind, cause, killSets, endangered, census, findings: dissent, hostEnds }
}

function runs(containers: readonly Container[], id: string): boolean {
  return containers.some((container) => container.id === id && container.pid !== 0)
}
