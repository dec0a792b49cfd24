import { EXIT } from '../../core/index.ts'
import { findEndangered, openNode, rescueNode } from '../../app/node/index.ts'
import { MECHANISMS } from '../../node/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS } from '../common-flags.ts'
import { NODE_FLAGS, nodeOptions } from '../node-flags.ts'
import { tellRecovered } from '../tell-run.ts'

export const nodeRescue = command({
  path: ['node', 'rescue'],
  summary: 'move guests and helpers that would die with a container out of it, now',
  operands: '[CONTAINER...]',
  count: { min: 0, max: 100 },
  flags: {
    'dry-run': { kind: 'switch', help: 'say who is endangered; move nothing', flagOnly: true },
    ...NODE_FLAGS,
    ...COMMON_FLAGS,
  },
  details:
    'Without names every container counts that runs, or has stopped and still holds a process. Nothing is stopped.',
  async run({ flags, args, output }) {
    const world = await openNode(nodeOptions(flags), 'rescue guests')
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
