import { openMetal, provideNodes, undeployNodes } from '../../app/metal/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS } from '../common-flags.ts'
import { METAL_FLAGS, WAIT_FLAGS, metalOptions } from '../metal-flags.ts'
import { tellNodes } from '../tell-nodes.ts'

export const metalProvide = command({
  path: ['metal', 'provide'],
  summary: 'makes enrolled machines available: their BMC is tried, and Ironic cleans them',
  operands: 'NODE…',
  count: { min: 1, max: 1000 },
  flags: { ...WAIT_FLAGS, ...METAL_FLAGS, ...COMMON_FLAGS },
  details: 'What is deployed is never taken away by this. A second run joins in, or finds it done.',
  run: ({ flags, args, output, signal }) =>
    tellNodes(openMetal(metalOptions(flags)), provideNodes, args, {
      verb: 'provide',
      timeout: flags.timeout,
      signal,
      output,
    }),
})

export const metalUndeploy = command({
  path: ['metal', 'undeploy'],
  summary: 'takes away what is deployed on machines; Ironic cleans them',
  operands: 'NODE…',
  count: { min: 1, max: 1000 },
  flags: { ...WAIT_FLAGS, ...METAL_FLAGS, ...COMMON_FLAGS },
  details: 'Also ends a deployment that waits for its machine, and clears one that failed.',
  run: ({ flags, args, output, signal }) =>
    tellNodes(openMetal(metalOptions(flags)), undeployNodes, args, {
      verb: 'undeploy',
      timeout: flags.timeout,
      signal,
      output,
    }),
})
