import { lock, writeLocked } from '../../adapters/compose/index.ts'
import { sha256 } from '../../adapters/system/index.ts'
import { EXIT } from '../../core/index.ts'
import { shortId } from '../../node/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS } from '../common-flags.ts'
import { describeFindings } from '../describe.ts'
import { NODE_FLAGS, openEngine } from '../node-world.ts'
import { runOptions } from '../run-plan.ts'

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
    const { onPull } = runOptions(signal, output)
    const locked = await lock(args[0] ?? '', openEngine(flags), {
      environment: process.env,
      digest: sha256,
      pull: flags.pull,
      signal,
      ...(onPull === undefined ? {} : { onProgress: onPull }),
      ...(target === undefined ? {} : { output: target }),
      ...(envFile === undefined ? {} : { envFile }),
    })
    await writeLocked(locked)
    const { release, images, findings } = locked
    output.data(
      { schema: 'anneal.lock/1', file: locked.output, release: release.id, images, findings } as {
        schema: string
      },
      () =>
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
