import { EXIT } from '../../core/index.ts'
import { Timeline } from '../../metal/index.ts'
import type { MetalWorld } from '../../ports/index.ts'
import { readNode } from '../../runtime/index.ts'
import { POLL_MS } from '../bring-nodes.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS } from '../common-flags.ts'
import { describeStretch, describeTimeline } from '../describe-deployment.ts'
import { METAL_FLAGS, openMetal } from '../metal-world.ts'
import type { Output } from '../output.ts'

export const metalWatch = command({
  path: ['metal', 'watch'],
  summary: 'follows machines through their states, until interrupted',
  operands: 'NODE…',
  count: { min: 1, max: 100 },
  flags: { ...METAL_FLAGS, ...COMMON_FLAGS },
  endsWithReader: true,
  async run({ flags, args, output, signal }) {
    const world = openMetal(flags)
    const nodes = await Promise.all(args.map((name) => readNode(world, name, 'watch a node')))
    const timelines = await Promise.all(
      nodes.map((node) => watch(world, node.uuid, node.name ?? node.uuid, output, signal)),
    )
    output.data({ schema: 'anneal.watch/1', nodes: timelines } as { schema: string }, () =>
      timelines.map((one) => `${one.name}: ${describeTimeline(one.timeline)}`).join('\n'),
    )
    return EXIT.ok
  },
})

async function watch(world: MetalWorld, uuid: string, name: string, output: Output, signal: AbortSignal) {
  const { clock } = world
  const timeline = new Timeline()
  while (!signal.aborted) {
    const node = await readNode(world, uuid, `watch node "${name}"`)
    const seen = timeline.see(node, clock.monotonic(), clock.now())
    if (seen !== undefined) {
      const error = node.lastError === undefined ? '' : `  last error: ${node.lastError}`
      output.progress(
        { event: 'state', node: name, ...seen },
        `${seen.at}  ${name}  ${describeStretch(seen)}${error}`,
      )
    }
    await clock.sleep(POLL_MS, signal)
  }
  return { name, timeline: timeline.close(clock.monotonic()) }
}
