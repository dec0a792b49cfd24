import { openNode, previewStart, previewStop, startService, stopService } from '../../app/node/index.ts'
import type { ServicePreview } from '../../app/node/index.ts'
import { EXIT } from '../../core/index.ts'
import type { ExitCode } from '../../core/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS, DRY_RUN_FLAG } from '../common-flags.ts'
import { NODE_FLAGS, nodeOptions } from '../node-flags.ts'
import type { Output } from '../output.ts'
import { tellRecovered } from '../tell-run.ts'

export const nodeStart = command({
  path: ['node', 'start'],
  summary: 'Start one service of the current release and wait until it is ready',
  operands: 'SERVICE',
  count: { min: 1, max: 1 },
  flags: { ...DRY_RUN_FLAG, ...NODE_FLAGS, ...COMMON_FLAGS },
  async run({ flags, node, args, output, signal }) {
    const world = await openNode(nodeOptions(flags, node), 'start a service')
    if (flags['dry-run']) {
      return tellPreview(await previewStart(world, args[0] ?? ''), false, output)
    }
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
  summary: 'Stop one service of the current release, unless a guest would die',
  operands: 'SERVICE',
  count: { min: 1, max: 1 },
  flags: {
    rescue: {
      kind: 'switch',
      help: 'Move endangered guests and helpers out of their containers first, instead of refusing',
      flagOnly: true,
    },
    ...DRY_RUN_FLAG,
    ...NODE_FLAGS,
    ...COMMON_FLAGS,
  },
  async run({ flags, node, args, output }) {
    const world = await openNode(nodeOptions(flags, node), 'stop a service')
    if (flags['dry-run']) {
      const { rescue } = flags
      return tellPreview(await previewStop(world, args[0] ?? '', { rescue }), rescue, output)
    }
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

function tellPreview(preview: ServicePreview, rescues: boolean, output: Output): ExitCode {
  const { service, status, actions, endangered } = preview
  const refused = endangered.some((one) => !rescues || !one.rescuable)
  output.data({ schema: 'anneal.service-plan/1', ...preview }, () =>
    [
      `${service} is ${status}`,
      ...actions.map((action) => `would ${action}`),
      ...endangered.map(({ kind, name, pid }) => `${output.red('endangered')}  ${kind} ${name} (pid ${pid})`),
      ...(refused ? ['would refuse to stop it'] : actions.length === 0 ? ['nothing to do'] : []),
    ].join('\n'),
  )
  return refused ? EXIT.endangered : EXIT.ok
}
