import { giveBackNode, openNode, previewGiveBack } from '../../app/node/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS, DRY_RUN_FLAG } from '../common-flags.ts'
import { describePlan } from '../describe.ts'
import { NODE_FLAGS, RUN_FLAGS, nodeOptions, runWishes } from '../node-flags.ts'
import { printWayBack } from '../tell-plan.ts'
import { runControl, tell } from '../tell-run.ts'

export const nodeGiveBack = command({
  path: ['node', 'give-back'],
  summary: 'Give the node back to the containers that Anneal took it over from',
  operands: '',
  count: { min: 0, max: 0 },
  flags: {
    ...DRY_RUN_FLAG,
    ...RUN_FLAGS,
    ...NODE_FLAGS,
    ...COMMON_FLAGS,
  },
  details:
    'Starts the containers that `anneal node adopt` stopped, lets their systemd units act again, and proves that every guest is alive. Then Anneal forgets its releases and removes their containers, except one that a guest still runs from.\nExit codes are those of `anneal node rollback`.',
  async run({ flags, node, output, signal }) {
    const world = await openNode(nodeOptions(flags, node), 'give the node back')
    const wishes = runWishes(flags)
    if (flags['dry-run']) return printWayBack(await previewGiveBack(world, wishes), output)
    const { report, removed } = await giveBackNode(world, wishes, {
      ...runControl(output, signal),
      onPlanned: ({ plan }) => output.say(describePlan(plan, output)),
    })
    for (const name of removed) output.say(`removed "${name}"`)
    return tell(report, output)
  },
})
