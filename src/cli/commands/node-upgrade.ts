import { openNode, previewUpgrade } from '../../app/node/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS, DRY_RUN_FLAG } from '../common-flags.ts'
import { NODE_FLAGS, nodeOptions } from '../node-flags.ts'
import { PLAN_FLAGS, upgradeWishes } from '../plan-flags.ts'
import { runUpgrade } from '../run-upgrade.ts'
import { printPlan } from '../tell-plan.ts'

export const nodePlan = command({
  path: ['node', 'plan'],
  summary: 'Show what an upgrade would do and which processes would die; change nothing',
  operands: 'FILE',
  count: { min: 1, max: 1 },
  flags: { ...PLAN_FLAGS, ...NODE_FLAGS, ...COMMON_FLAGS },
  details:
    'FILE is a locked Compose file (see `anneal node lock`).\nExit codes: 0, the upgrade is possible. 3, guests or their helpers would die. 4, another check refuses.',
  async run({ flags, node, args, output }) {
    const world = await openNode(nodeOptions(flags, node), 'plan an upgrade')
    return printPlan(await previewUpgrade(world, upgradeWishes(args[0] ?? '', flags)), output)
  },
})

export const nodeUpgrade = command({
  path: ['node', 'upgrade'],
  summary: 'Switch this node to another release, as a whole, while its guests run on',
  operands: 'FILE',
  count: { min: 1, max: 1 },
  flags: {
    ...DRY_RUN_FLAG,
    ...PLAN_FLAGS,
    ...NODE_FLAGS,
    ...COMMON_FLAGS,
  },
  details:
    'FILE is a locked Compose file (see `anneal node lock`). The command pulls images and creates containers first, so that only stop and start make up the outage. Then it proves that every service is ready and every guest alive. If the proof fails it rolls back.\nExit codes: 0, the new release runs. 1, abandoned before the switch. 3, refused: guests would die. 4, refused by another check. 6, rolled back. 7, a person has to look.',
  async run({ flags, node, args, output, signal }) {
    const world = await openNode(nodeOptions(flags, node), 'upgrade the node')
    return runUpgrade(world, upgradeWishes(args[0] ?? '', flags), { flags, output, signal })
  },
})
