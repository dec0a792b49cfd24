import { EXIT } from '../../core/index.ts'
import { doctorNode, openNode } from '../../app/node/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS } from '../common-flags.ts'
import { describeFindings } from '../describe-findings.ts'
import { NODE_FLAGS, nodeOptions } from '../node-flags.ts'

export const nodeDoctor = command({
  path: ['node', 'doctor'],
  summary: 'what is wrong with this node, as it was found, with evidence and remedy',
  operands: '',
  count: { min: 0, max: 0 },
  flags: { ...NODE_FLAGS, ...COMMON_FLAGS },
  details:
    'Also for nodes that Anneal did not deploy (Kolla is recognised). Changes nothing. Exit code 4: an upgrade would be refused; 3: guests are endangered.',
  async run({ flags, output }) {
    const world = await openNode(nodeOptions(flags), 'examine the node')
    const { findings, endangered } = await doctorNode(world)
    output.data({ schema: 'anneal.doctor/1', findings }, () =>
      findings.length === 0 ? 'nothing is wrong' : describeFindings(findings, output).join('\n'),
    )
    if (endangered.length > 0) return EXIT.endangered
    return findings.some(({ severity }) => severity === 'refuse') ? EXIT.refused : EXIT.ok
  },
})
