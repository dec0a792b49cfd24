import { EXIT } from '../../core/index.ts'
import { doctorNode, openNode } from '../../app/node/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS } from '../common-flags.ts'
import { describeFindings } from '../describe-findings.ts'
import { NODE_FLAGS, nodeOptions } from '../node-flags.ts'

export const nodeDoctor = command({
  path: ['node', 'doctor'],
  summary: 'Report what is wrong with this node, with evidence and remedies',
  operands: '',
  count: { min: 0, max: 0 },
  flags: { ...NODE_FLAGS, ...COMMON_FLAGS },
  details:
    'Also works on nodes that Anneal did not deploy; it recognises Kolla. Changes nothing.\nExit codes: 0, an upgrade is possible. 3, guests are endangered. 4, an upgrade would be refused.',
  async run({ flags, node, output }) {
    const world = await openNode(nodeOptions(flags, node, 'read'), 'examine the node')
    const { findings, endangered } = await doctorNode(world)
    output.data({ schema: 'anneal.doctor/1', findings }, () =>
      findings.length === 0 ? 'nothing is wrong' : describeFindings(findings, output).join('\n'),
    )
    if (endangered.length > 0) return EXIT.endangered
    return findings.some(({ severity }) => severity === 'refuse') ? EXIT.refused : EXIT.ok
  },
})
