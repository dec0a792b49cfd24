import { buildImages } from '../../app/node/images/index.ts'
import { openEngine } from '../../app/node/index.ts'
import { EXIT, formatBytes } from '../../core/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS } from '../common-flags.ts'
import { NODE_FLAGS, engineOptions } from '../node-flags.ts'

export const nodeBuild = command({
  path: ['node', 'build'],
  summary: 'build the images of a compute node from Debian packages',
  operands: '[IMAGE...]',
  count: { min: 0, max: 20 },
  flags: {
    base: {
      kind: 'text',
      placeholder: 'IMAGE',
      help: 'an image to build on, instead of one made with mmdebstrap',
    },
    ...NODE_FLAGS,
    ...COMMON_FLAGS,
  },
  details:
    'Names are those of images/images.json, e.g. nova-libvirt:bookworm-backports; without names all are built but those of other Debian suites (base:, nova-libvirt: and bullseye, trixie, forky or sid). What has not changed is not built again.',
  async run({ flags, args, output, signal }) {
    const base = flags.base
    const images = await buildImages(openEngine(engineOptions(flags)), args, {
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
