import {
  busyGuests,
  examine,
  networkEnds,
  prunerFindings,
  stopsWithEngine,
  outputHeld,
  switchStops,
  workloadOfContainer,
} from '../../node/index.ts'
import type { Container, Endangered, Finding } from '../../node/index.ts'
import type { NodeWorld } from '../../ports/index.ts'
import { outputHolders, readOwners, settledSurvey, unitsChanged } from '../../runtime/node/index.ts'
import type { SurveyQuestion } from '../../runtime/node/index.ts'
import { containersQuestion } from './containers-question.ts'

export type Examined = Readonly<{ findings: readonly Finding[]; endangered: readonly Endangered[] }>

/** Says what is wrong with a node as it is, also one that Anneal did not deploy. Changes nothing. */
export async function doctorNode(world: NodeWorld): Promise<Examined> {
  const listed = (await world.engine.listContainers({})).filter((one) => one.hostUnit === undefined)
  const question = await doctorsQuestion(world, listed)
  const beside = listed.filter((one) => isBeside(one, listed)).map(({ name }) => name)
  const { seen, dissent } = await settledSurvey(world, { ...question, beside }, question.places[0])
  const { table, engine, units, census, endangered, statusFiles, killSets } = seen
  // What is said of containers would be wrong of a service of the host.
  const containers = seen.containers.filter((one) => one.hostUnit === undefined)
  const host = await world.host.facts()
  const { owners, pruners } = await readOwners(world, containers, { engine, table, ...(units && { units }) })
  const momentary = [
    ...dissent,
    ...busyGuests(statusFiles),
    ...networkEnds(seen, 'doctor'),
    ...switchStops(killSets, table, census, 'doctor'),
    ...outputHeld(seen, await outputHolders(world, seen), 'doctor'),
    ...(await unitsChanged(world, seen, 'doctor')),
    ...prunerFindings(pruners),
  ]
  const stopWithEngine = engine.stopsContainersWithDaemon
    ? []
    : containers.flatMap((one) => {
        const unit = stopsWithEngine(one, table, engine, units ?? [])
        return unit === undefined || workloadOfContainer(one).role === 'other'
          ? []
          : [{ container: one.name, unit: unit.name }]
      })
  const findings = examine({
    engine,
    host,
    layout: table.layout,
    containers,
    hostLibvirts: seen.containers.filter((one) => one.hostUnit !== undefined),
    census,
    endangered,
    owners,
    stopWithEngine,
    momentary,
  })
  return { findings, endangered }
}

/** Containers stop. Pods are removed as wholes, and the worst that happens to them is that. */
async function doctorsQuestion(world: NodeWorld, listed: readonly Container[]): Promise<SurveyQuestion> {
  const { keptByKubelet } = await world.engine.facts()
  if (keptByKubelet !== true) return containersQuestion(world, [], 'stop')
  const pods = listed.filter(({ pod }) => pod?.part === 'sandbox').map(({ id }) => id)
  return { ...(await containersQuestion(world, [], 'podRemoved')), stopping: pods }
}

/** Nothing of guests is done in it, or in any container of the pod that it stands for. */
function isBeside(container: Container, listed: readonly Container[]): boolean {
  const parts =
    container.pod?.part === 'sandbox' ? listed.filter(({ pod }) => pod?.id === container.id) : [container]
  return parts.every((part) => workloadOfContainer(part).role === 'other')
}
