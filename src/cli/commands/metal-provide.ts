import { openMetal, provideNodes, undeployNodes } from '../../app/metal/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS, DRY_RUN_FLAG } from '../common-flags.ts'
import { raise } from '../errors.ts'
import { KEEP_FLAG, keepFlags } from '../keep-flag.ts'
import { METAL_FLAGS, WAIT_FLAGS, metalOptions } from '../metal-flags.ts'
import { tellNodes } from '../tell-nodes.ts'

export const metalProvide = command({
  path: ['metal', 'provide'],
  summary: 'Make enrolled machines available for deployment',
  operands: 'NODE…',
  count: { min: 1, max: 1000 },
  flags: { ...WAIT_FLAGS, ...DRY_RUN_FLAG, ...METAL_FLAGS, ...COMMON_FLAGS },
  details:
    'Ironic checks the BMC of each machine and cleans its disks. Machines with a deployment are refused. If the command is interrupted, run it again: it continues.',
  run: ({ flags, args, output, signal }) =>
    tellNodes(openMetal(metalOptions(flags)), provideNodes, args, {
      verb: 'provide',
      timeout: flags.timeout,
      dryRun: flags['dry-run'],
      signal,
      output,
    }),
})

export const metalUndeploy = command({
  path: ['metal', 'undeploy'],
  summary: 'Remove deployments from machines; Ironic then cleans them',
  operands: 'NODE…',
  count: { min: 1, max: 1000 },
  flags: { ...KEEP_FLAG, ...WAIT_FLAGS, ...DRY_RUN_FLAG, ...METAL_FLAGS, ...COMMON_FLAGS },
  details: 'Also cancels a deployment that waits for its machine, and clears a failed one.',
  run({ flags, args, output, signal }) {
    const name = 'anneal metal undeploy'
    const keeps = keepFlags(flags.keep, name)
    if (keeps.length > 0 && flags.conductor === undefined) {
      throw raise('USAGE', { command: name, why: '--keep is for --conductor', help: `${name} --help` })
    }
    const undeploy: typeof undeployNodes = (world, names, control) =>
      undeployNodes(world, names, { ...control, keeps })
    return tellNodes(openMetal(metalOptions(flags)), undeploy, args, {
      verb: 'undeploy',
      timeout: flags.timeout,
      dryRun: flags['dry-run'],
      signal,
      output,
    })
  },
})
