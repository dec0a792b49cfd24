import { openNode, previewRollback, rollbackNode } from '../../app/node/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS, DRY_RUN_FLAG } from '../common-flags.ts'
import { describePlan } from '../describe.ts'
import { NODE_FLAGS, RUN_FLAGS, nodeOptions, runWishes } from '../node-flags.ts'
import { printWayBack } from '../tell-plan.ts'
import { runControl, tell } from '../tell-run.ts'

export const nodeRollback = command({
  path: ['node', 'rollback'],
  summary: 'Switch back to the previous release',
  operands: '',
  count: { min: 0, max: 0 },
  flags: {
    ...DRY_RUN_FLAG,
    ...RUN_FLAGS,
    ...NODE_FLAGS,
    ...COMMON_FLAGS,
  },
  async run({ flags, node, output, signal }) {
    const world = await openNode(nodeOptions(flags, node), 'roll the node back')
    const wishes = runWishes(flags)
    if (flags['dry-run']) return printWayBack(await previewRollback(world, wishes), output)
    const report = await rollbackNode(world, wishes, {
      ...runControl(output, signal),
      onPlanned: ({ plan }) => output.say(describePlan(plan, output)),
    })
    return tell(report, output)
  },
})
