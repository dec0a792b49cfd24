import { buildImages, previewBuild } from '../../app/node/images/index.ts'
import { openEngine } from '../../app/node/index.ts'
import { EXIT, formatBytes } from '../../core/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS, DRY_RUN_FLAG } from '../common-flags.ts'
import { NODE_FLAGS, engineOptions } from '../node-flags.ts'

export const nodeBuild = command({
  path: ['node', 'build'],
  summary: 'Build the container images of a compute node from Debian packages',
  operands: '[IMAGE...]',
  count: { min: 0, max: 20 },
  flags: {
    base: {
      kind: 'text',
      placeholder: 'IMAGE',
      help: 'Build on IMAGE instead of a base made with mmdebstrap',
    },
    ...DRY_RUN_FLAG,
    ...NODE_FLAGS,
    ...COMMON_FLAGS,
  },
  details:
    'IMAGE is a name in images/images.json, such as nova-libvirt:bookworm-backports. Without names it builds the images of examples/compute; name the others, such as those of examples/compute-ovs, or base:SUITE and nova-libvirt:SUITE of bullseye, trixie, forky or sid. Images whose inputs have not changed are not built again.',
  async run({ flags, node, args, output, signal }) {
    const base = flags.base
    const engine = openEngine(engineOptions(flags, node))
    if (flags['dry-run']) {
      const planned = await previewBuild(engine, args, base === undefined ? {} : { base })
      output.data({ schema: 'anneal.images-plan/1', images: planned }, () =>
        planned
          .map(
            ({ reference, state }) =>
              `${reference}  ${state}${state === 'current' ? '' : ': would be built'}`,
          )
          .join('\n'),
      )
      return EXIT.ok
    }
    const images = await buildImages(engine, args, {
      ...(base === undefined ? {} : { base }),
      signal,
      onProgress: ({ image, line }) =>
        line.startsWith('buil')
          ? output.progress({ event: 'build', image, line }, `  ${image}: ${line}`)
          : output.live(`  ${image}: ${line}`),
    })
    output.data({ schema: 'anneal.images/1', images }, () =>
      images
        .map(
          ({ reference, id, sizeBytes, builtInMs }) =>
            `${reference}  ${id.slice(0, 19)}  ${formatBytes(sizeBytes)}  ${builtInMs === 0 ? 'current' : `built in ${(builtInMs / 1000).toFixed(0)} s`}`,
        )
        .join('\n'),
    )
    return EXIT.ok
  },
})
