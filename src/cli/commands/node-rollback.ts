import { EXIT } from '../../core/index.ts'
import { checkNode } from '../../runtime/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS } from '../common-flags.ts'
import { describeCheck, describePlan } from '../describe.ts'
import { NODE_FLAGS, openNode } from '../node-world.ts'
import { PLAN_FLAGS, planRollback } from '../planning.ts'
import { applyPlan, runOptions, withNode } from '../run-plan.ts'

export const nodeRollback = command({
  path: ['node', 'rollback'],
  summary: 'go back to the release before, whose containers are kept: no pull, no create',
  operands: '',
  count: { min: 0, max: 0 },
  flags: {
    'dry-run': { kind: 'switch', help: 'print the plan and the check; change nothing', flagOnly: true },
    rescue: PLAN_FLAGS.rescue,
    'on-failure': PLAN_FLAGS['on-failure'],
    ...NODE_FLAGS,
    ...COMMON_FLAGS,
  },
  async run({ flags, output, signal }) {
    const world = await openNode(flags, 'roll the node back')
    if (flags['dry-run']) {
      const { plan, sides } = await planRollback(world, flags)
      const check = await checkNode(world, plan, sides, { watchConsoles: 'no' })
      output.data({ schema: 'anneal.plan/1', plan, check } as { schema: string }, () =>
        [describePlan(plan, output), describeCheck(check, output)].join('\n'),
      )
      return check.verdict === 'refuse' ? EXIT.refused : EXIT.ok
    }
    const options = runOptions(signal, output)
    return withNode(world, 'rollback', options, output, async () => {
      const { plan, sides } = await planRollback(world, flags)
      output.say(describePlan(plan, output))
      return applyPlan(world, plan, sides, options, output)
    })
  },
})
