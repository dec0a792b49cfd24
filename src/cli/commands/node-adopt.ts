import { openNode } from '../../app/node/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS, DRY_RUN_FLAG } from '../common-flags.ts'
import { NODE_FLAGS, nodeOptions } from '../node-flags.ts'
import { PLAN_FLAGS, upgradeWishes } from '../plan-flags.ts'
import { runUpgrade } from '../run-upgrade.ts'

export const nodeAdopt = command({
  path: ['node', 'adopt'],
  summary: 'Take over a node whose containers Anneal did not start, while its guests run on',
  operands: 'FILE',
  count: { min: 1, max: 1 },
  flags: {
    ...DRY_RUN_FLAG,
    ...PLAN_FLAGS,
    ...NODE_FLAGS,
    ...COMMON_FLAGS,
  },
  details:
    'FILE is a locked Compose file. Each service takes over from the running container that has its name; --adopt names others. Where no container is the libvirt of the release, that of the host (libvirtd.service, or virtqemud.service with the other modular daemons) is taken over. The old containers stop and are kept. systemd units that would start them again are disarmed, without running their stop. `anneal node give-back` takes all of it back.\nExit codes are those of `anneal node upgrade`.',
  async run({ flags, node, args, output, signal }) {
    const world = await openNode(nodeOptions(flags, node), 'take over the node')
    const wishes = { ...upgradeWishes(args[0] ?? '', flags), adoptBy: 'name' } as const
    return runUpgrade(world, wishes, { flags, output, signal })
  },
})
