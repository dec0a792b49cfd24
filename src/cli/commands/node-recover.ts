import { EXIT } from '../../core/index.ts'
import { openNode, recoverNode } from '../../app/node/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS } from '../common-flags.ts'
import { describeReport } from '../describe.ts'
import { NODE_FLAGS, nodeOptions } from '../node-flags.ts'
import { exitOf, runControl } from '../tell-run.ts'

export const nodeRecover = command({
  path: ['node', 'recover'],
  summary: 'bring an interrupted run to rest and start what the current release misses',
  operands: '',
  count: { min: 0, max: 0 },
  flags: { ...NODE_FLAGS, ...COMMON_FLAGS },
  details: 'Run at boot by anneal-recover.service. Doing it twice does nothing the second time.',
  async run({ flags, output, signal }) {
    const world = await openNode(nodeOptions(flags), 'recover the node')
    const recovery = await recoverNode(world, runControl(output, signal))
    output.data({ schema: 'anneal.recovery/1', ...recovery }, () =>
      [
        recovery.report === undefined ? 'no run was interrupted' : describeReport(recovery.report, output),
        ...recovery.actions,
        ...recovery.problems.map(
          (problem) => `${output.red(problem.code)}: ${problem.message}\nremedy: ${problem.remedy}`,
        ),
      ].join('\n'),
    )
    if (recovery.problems.length > 0) return EXIT.attention
    // A run that recovery rolled back or abandoned is at rest: that is what was asked for.
    return recovery.report !== undefined && exitOf(recovery.report) === EXIT.attention
      ? EXIT.attention
      : EXIT.ok
  },
})
