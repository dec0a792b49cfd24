import { openNode, startService, stopService } from '../../app/node/index.ts'
import { EXIT } from '../../core/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS } from '../common-flags.ts'
import { NODE_FLAGS, nodeOptions } from '../node-flags.ts'
import { tellRecovered } from '../tell-run.ts'

export const nodeStart = command({
  path: ['node', 'start'],
  summary: 'start one service of the current release and wait until it is ready',
  operands: 'SERVICE',
  count: { min: 1, max: 1 },
  flags: { ...NODE_FLAGS, ...COMMON_FLAGS },
  async run({ flags, args, output, signal }) {
    const world = await openNode(nodeOptions(flags), 'start a service')
    const service = await startService(world, args[0] ?? '', { signal })
    output.data(
      { schema: 'anneal.service/1', service: service.name, status: 'running' },
      () => `${service.name} is ready`,
    )
    return EXIT.ok
  },
})

export const nodeStop = command({
  path: ['node', 'stop'],
  summary: 'stop one service of the current release, unless a guest would die with it',
  operands: 'SERVICE',
  count: { min: 1, max: 1 },
  flags: {
    rescue: { kind: 'switch', help: 'move endangered guests first, instead of refusing', flagOnly: true },
    ...NODE_FLAGS,
    ...COMMON_FLAGS,
  },
  async run({ flags, args, output }) {
    const world = await openNode(nodeOptions(flags), 'stop a service')
    const service = await stopService(world, args[0] ?? '', {
      ...tellRecovered(output),
      rescue: flags.rescue,
    })
    output.data(
      { schema: 'anneal.service/1', service: service.name, status: 'exited' },
      () => `${service.name} is stopped; \`anneal node start ${service.name}\` or the next run starts it`,
    )
    return EXIT.ok
  },
})
