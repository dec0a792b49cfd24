import { EXIT } from '../../core/index.ts'
import { openNode, previewRecover, recoverNode } from '../../app/node/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS, DRY_RUN_FLAG } from '../common-flags.ts'
import { describeEffect, describeReport } from '../describe.ts'
import { NODE_FLAGS, nodeOptions } from '../node-flags.ts'
import { exitOf, runControl } from '../tell-run.ts'

export const nodeRecover = command({
  path: ['node', 'recover'],
  summary: 'Finish or undo an interrupted run, and start missing services',
  operands: '',
  count: { min: 0, max: 0 },
  flags: { ...DRY_RUN_FLAG, ...NODE_FLAGS, ...COMMON_FLAGS },
  details:
    'Brings the node to exactly one whole release. anneal-recover.service runs it at boot. It is safe to run at any time; if nothing is wrong, it does nothing.\nExit codes: 0, the node is at rest. 7, a person has to look.',
  async run({ flags, node, output, signal }) {
    const world = await openNode(nodeOptions(flags, node), 'recover the node')
    if (flags['dry-run']) {
      const { run, actions } = await previewRecover(world)
      output.data({ schema: 'anneal.recovery-plan/1', ...(run === undefined ? {} : { run }), actions }, () =>
        [
          ...(run === undefined
            ? ['no run was interrupted']
            : [
                `run ${run.run} was interrupted in "${run.state}": would go on in "${run.next}"`,
                ...run.effects.map((effect) => `  would ${describeEffect(effect)}`),
              ]),
          ...actions.map((action) => `would ${action}`),
        ].join('\n'),
      )
      return EXIT.ok
    }
    const recovery = await recoverNode(world, runControl(output, signal))
    output.data({ schema: 'anneal.recovery/1', ...recovery }, () =>
      [
        recovery.report === undefined ? 'no run was interrupted' : describeReport(recovery.report, output),
        ...recovery.actions,
        ...recovery.problems.map(
          (problem) =>
            `${output.red(problem.code)}: ${problem.message}\nremedy: ${output.remedy(problem.remedy)}`,
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
