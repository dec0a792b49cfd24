import { EXIT } from '../../core/index.ts'
import { busyGuests, examine, findOwners, workloadOfContainer } from '../../node/index.ts'
import { settledSurvey } from '../../runtime/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS } from '../common-flags.ts'
import { describeFindings } from '../describe.ts'
import { NODE_FLAGS, openNode } from '../node-world.ts'
import { containersQuestion } from '../question.ts'

export const nodeDoctor = command({
  path: ['node', 'doctor'],
  summary: 'what is wrong with this node, as it was found, with evidence and remedy',
  operands: '',
  count: { min: 0, max: 0 },
  flags: { ...NODE_FLAGS, ...COMMON_FLAGS },
  details:
    'Also for nodes that Anneal did not deploy (Kolla is recognised). Changes nothing. Exit code 4: an upgrade would be refused; 3: guests are endangered.',
  async run({ flags, output }) {
    const world = await openNode(flags, 'examine the node')
    const question = await containersQuestion(world, [], 'stop')
    const beside = (await world.engine.listContainers({}))
      .filter((container) => workloadOfContainer(container).role === 'other')
      .map(({ name }) => name)
    const { seen, dissent } = await settledSurvey(world, { ...question, beside }, question.places[0])
    const { table, engine, containers, census, endangered, statusFiles } = seen
    const host = await world.host.facts()
    const owners = findOwners({ engine, containers, units: await world.units.services(), table })
    const momentary = [...dissent, ...busyGuests(statusFiles)]
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
    output.data({ schema: 'anneal.doctor/1', findings } as { schema: string }, () =>
      findings.length === 0 ? 'nothing is wrong' : describeFindings(findings, output).join('\n'),
    )
    if (endangered.length > 0) return EXIT.endangered
    return findings.some(({ severity }) => severity === 'refuse') ? EXIT.refused : EXIT.ok
  },
})
