import { EXIT } from '../../core/index.ts'
import { metalError } from '../../metal/index.ts'
import { bringTo, readNode } from '../../runtime/index.ts'
import { POLL_MS, WAIT_FLAGS } from '../bring-nodes.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS } from '../common-flags.ts'
import { describeStretch } from '../describe-deployment.ts'
import { durationMs } from '../duration-flag.ts'
import { METAL_FLAGS, openMetal } from '../metal-world.ts'

export const metalInspect = command({
  path: ['metal', 'inspect'],
  summary: 'has Ironic find out what a machine is made of, and shows it',
  operands: 'NODE',
  count: { min: 1, max: 1 },
  flags: { ...WAIT_FLAGS, ...METAL_FLAGS, ...COMMON_FLAGS },
  details: 'The machine is manageable afterwards: `anneal metal provide` makes it available again.',
  async run({ flags, args, output, signal }) {
    const world = openMetal(flags)
    const name = args[0] ?? ''
    const action = `inspect node "${name}"`
    const { uuid } = await readNode(world, name, action)
    const options = {
      action,
      pollMs: POLL_MS,
      timeoutMs: durationMs(flags.timeout, 'timeout', 'anneal metal inspect'),
      signal,
      onStretch: (one: Parameters<typeof describeStretch>[0]) =>
        output.progress({ event: 'state', node: name, ...one }, `  ${name}  ${describeStretch(one)}`),
    }
    await bringTo(world, uuid, 'manageable', options)
    await world.metal.provision(uuid, 'inspect')
    let node = await readNode(world, uuid, action)
    while (node.provisionState.startsWith('inspect') && node.provisionState !== 'inspect failed') {
      if (signal.aborted) break
      await world.clock.sleep(POLL_MS, signal)
      node = await readNode(world, uuid, action)
    }
    if (node.provisionState !== 'manageable') {
      const reason = node.lastError ?? 'it gives no reason'
      throw metalError('METAL_VERB_FAILED', { action, node: name, state: node.provisionState, reason })
    }
    const { properties, traits } = node
    output.data({ schema: 'anneal.inspection/1', name, uuid, properties, traits } as { schema: string }, () =>
      Object.entries(properties)
        .map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
        .join('\n'),
    )
    return EXIT.ok
  },
})
