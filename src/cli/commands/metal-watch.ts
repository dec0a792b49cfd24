import { openMetal, watchNodes } from '../../app/metal/index.ts'
import { EXIT } from '../../core/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS } from '../common-flags.ts'
import { describeStretch, describeTimeline } from '../describe-deployment.ts'
import { METAL_FLAGS, metalOptions } from '../metal-flags.ts'

export const metalWatch = command({
  path: ['metal', 'watch'],
  summary: 'Print state changes of machines until interrupted',
  operands: 'NODE…',
  count: { min: 1, max: 100 },
  flags: { ...METAL_FLAGS, ...COMMON_FLAGS },
  endsWithReader: true,
  async run({ flags, args, output, signal }) {
    const timelines = await watchNodes(openMetal(metalOptions(flags)), args, {
      signal,
      onStretch: (name, seen, lastError) => {
        const error = lastError === undefined ? '' : `  last error: ${lastError}`
        output.progress(
          { event: 'state', node: name, ...seen },
          `${seen.at}  ${name}  ${describeStretch(seen)}${error}`,
        )
      },
    })
    output.data({ schema: 'anneal.watch/1', nodes: timelines }, () =>
      timelines.map((one) => `${one.name}: ${describeTimeline(one.timeline)}`).join('\n'),
    )
    return EXIT.ok
  },
})
