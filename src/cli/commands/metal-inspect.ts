import { inspectMachine, openMetal } from '../../app/metal/index.ts'
import { EXIT } from '../../core/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS } from '../common-flags.ts'
import { describeStretch } from '../describe-deployment.ts'
import { durationMs } from '../duration-flag.ts'
import { METAL_FLAGS, WAIT_FLAGS, metalOptions } from '../metal-flags.ts'

export const metalInspect = command({
  path: ['metal', 'inspect'],
  summary: 'has Ironic find out what a machine is made of, and shows it',
  operands: 'NODE',
  count: { min: 1, max: 1 },
  flags: { ...WAIT_FLAGS, ...METAL_FLAGS, ...COMMON_FLAGS },
  details: 'The machine is manageable afterwards: `anneal metal provide` makes it available again.',
  async run({ flags, args, output, signal }) {
    const name = args[0] ?? ''
    const timeoutMs = durationMs(flags.timeout, 'timeout', 'anneal metal inspect')
    const node = await inspectMachine(openMetal(metalOptions(flags)), name, {
      timeoutMs,
      signal,
      onStretch: (one) =>
        output.progress({ event: 'state', node: name, ...one }, `  ${name}  ${describeStretch(one)}`),
    })
    const { uuid, properties, traits } = node
    output.data({ schema: 'anneal.inspection/1', name, uuid, properties, traits }, () =>
      Object.entries(properties)
        .map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
        .join('\n'),
    )
    return EXIT.ok
  },
})
