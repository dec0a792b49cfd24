import { busyGuests, examine, findOwners, switchStops, workloadOfContainer } from '../../node/index.ts'
import type { Endangered, Finding } from '../../node/index.ts'
import type { NodeWorld } from '../../ports/index.ts'
import { settledSurvey } from '../../runtime/node/index.ts'
import { containersQuestion } from './containers-question.ts'

export type Examined = Readonly<{ findings: readonly Finding[]; endangered: readonly Endangered[] }>

/** Says what is wrong with a node as it is, also one that Anneal did not deploy. Changes nothing. */
export async function doctorNode(world: NodeWorld): Promise<Examined> {
  const question = await containersQuestion(world, [], 'stop')
  const beside = (await world.engine.listContainers({}))
    .filter((container) => workloadOfContainer(container).role === 'other')
    .map(({ name }) => name)
  const { seen, dissent } = await settledSurvey(world, { ...question, beside }, question.places[0])
  const { table, engine, containers, census, endangered, statusFiles, killSets } = seen
  const host = await world.host.facts()
  const owners = findOwners({ engine, containers, units: await world.units.services(), table })
  const momentary = [
    ...dissent,
    ...busyGuests(statusFiles),
    ...switchStops(killSets, table, census, 'doctor'),
  ]
  const findings = examine({
    engine,
    host,
    layout: table.layout,
    containers,
    census,
    endangered,
    owners,
    momentary,
  })
  return { findings, endangered }
}
