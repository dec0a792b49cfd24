import { openEngine } from '../../app/node/index.ts'
import { lockRelease } from '../../app/node/release/index.ts'
import { EXIT } from '../../core/index.ts'
import { shortId } from '../../node/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS } from '../common-flags.ts'
import { describeFindings } from '../describe-findings.ts'
import { NODE_FLAGS, engineOptions } from '../node-flags.ts'
import { tellPull } from '../tell-run.ts'

export const nodeLock = command({
  path: ['node', 'lock'],
  summary: 'pin every image of a Compose file by digest, so that it is a release',
  operands: 'FILE',
  count: { min: 1, max: 1 },
  flags: {
    output: {
      kind: 'text',
      short: 'o',
      placeholder: 'FILE',
      help: 'where to write; beside FILE by default',
      flagOnly: true,
    },
    pull: {
      kind: 'choice',
      values: ['missing', 'always'],
      default: 'missing',
      help: 'when the registry is asked',
    },
    'env-file': {
      kind: 'text',
      placeholder: 'FILE',
      help: 'variables of the file, instead of its .env',
      flagOnly: true,
    },
    ...NODE_FLAGS,
    ...COMMON_FLAGS,
  },
  details:
    'Comments are kept, variables are replaced. An image that no registry knows is pinned by its id on this engine.',
  async run({ flags, args, output, signal }) {
    const { output: target, 'env-file': envFile } = flags
    const { release, images, findings, ...locked } = await lockRelease(
      args[0] ?? '',
      openEngine(engineOptions(flags)),
      {
        environment: process.env,
        pull: flags.pull,
        signal,
        onPull: (progress) => tellPull(progress, output),
        ...(target === undefined ? {} : { output: target }),
        ...(envFile === undefined ? {} : { envFile }),
      },
    )
    output.data({ schema: 'anneal.lock/1', file: locked.output, release: release.id, images, findings }, () =>
      [
        `${locked.output}: release ${shortId(release.id)}`,
        ...images.map(({ image, pinned, by }) => `  ${image} → ${pinned} (${by})`),
        ...describeFindings(
          findings.filter(({ severity }) => severity !== 'info'),
          output,
        ),
      ].join('\n'),
    )
    return EXIT.ok
  },
})
