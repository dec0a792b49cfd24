import { EXIT } from '../../core/index.ts'
import { findEndangered, openNode, rescueNode } from '../../app/node/index.ts'
import { MECHANISMS } from '../../node/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS, DRY_RUN_FLAG } from '../common-flags.ts'
import { NODE_FLAGS, nodeOptions } from '../node-flags.ts'
import { tellRecovered } from '../tell-run.ts'

export const nodeRescue = command({
  path: ['node', 'rescue'],
  summary: 'Move endangered guests and their helpers out of containers',
  operands: '[CONTAINER...]',
  count: { min: 0, max: 100 },
  flags: {
    ...DRY_RUN_FLAG,
    ...NODE_FLAGS,
    ...COMMON_FLAGS,
  },
  details:
    'Guests that would die with a container move to a scope of their own on the host. Nothing is stopped. Without names it covers every container that runs or still holds a process.\nExit codes: 0, no guest or helper is endangered any more. 3, at least one still is.',
  async run({ flags, node, args, output }) {
    const world = await openNode(nodeOptions(flags, node), 'rescue guests')
    if (flags['dry-run']) {
      const endangered = await findEndangered(world, args)
      output.data({ schema: 'anneal.endangered/1', endangered }, () =>
        endangered.length === 0
          ? 'nobody is endangered'
          : endangered
              .map((one) => `${one.kind} ${one.name} (pid ${one.pid}) with ${one.containerName}`)
              .join('\n'),
      )
      return endangered.length === 0 ? EXIT.ok : EXIT.endangered
    }
    const { reports, endangered: left } = await rescueNode(world, args, tellRecovered(output))
    output.data({ schema: 'anneal.rescue/1', reports, endangered: left }, () =>
      [
        reports.length === 0 ? 'nobody needed rescue' : '',
        ...reports.map(
          (report) =>
            `moved to ${report.unit} (${report.method}): ${new Set(report.moved.map((one) => one.pid)).size} processes, ${report.limits.length} limits kept`,
        ),
        ...left.map(
          (one) =>
            `${output.red('still endangered')}: ${one.kind} ${one.name} (pid ${one.pid}): ${one.mechanisms.map((mechanism) => MECHANISMS[mechanism].remedy).join('; ')}`,
        ),
      ]
        .filter((line) => line !== '')
        .join('\n'),
    )
    return left.length === 0 ? EXIT.ok : EXIT.endangered
  },
})
