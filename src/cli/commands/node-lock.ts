import { openEngine } from '../../app/node/index.ts'
import { lockRelease, previewLockRelease } from '../../app/node/release/index.ts'
import { EXIT } from '../../core/index.ts'
import { shortId } from '../../node/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS, DRY_RUN_FLAG } from '../common-flags.ts'
import { describeFindings } from '../describe-findings.ts'
import { NODE_FLAGS, engineOptions } from '../node-flags.ts'
import { tellPull } from '../tell-run.ts'
import type { PullProgress } from '../../ports/index.ts'

export const nodeLock = command({
  path: ['node', 'lock'],
  summary: 'Pin every image of a Compose file by digest: the result is a release',
  operands: 'FILE',
  count: { min: 1, max: 1 },
  flags: {
    output: {
      kind: 'text',
      short: 'o',
      placeholder: 'FILE',
      help: 'Write the release to this file; by default NAME.locked.yaml beside NAME.yaml',
      flagOnly: true,
    },
    pull: {
      kind: 'choice',
      values: ['missing', 'always'],
      default: 'missing',
      help: 'Ask the registry for every image, or only for those that are missing here',
    },
    'env-file': {
      kind: 'text',
      placeholder: 'FILE',
      help: 'Take the variables of the Compose file from FILE instead of .env',
      flagOnly: true,
    },
    ...DRY_RUN_FLAG,
    ...NODE_FLAGS,
    ...COMMON_FLAGS,
  },
  details:
    'Keeps comments and replaces variables by their values. An image that is in no registry is pinned by its id, which only this engine has.',
  async run({ flags, node, args, output, signal }) {
    const { output: target, 'env-file': envFile } = flags
    const file = args[0] ?? ''
    const engine = openEngine(engineOptions(flags, node))
    const options = {
      environment: process.env,
      pull: flags.pull,
      signal,
      onPull: (progress: PullProgress) => tellPull(progress, output),
      ...(target === undefined ? {} : { output: target }),
      ...(envFile === undefined ? {} : { envFile }),
    }
    if (flags['dry-run']) {
      const { pulls, locked, ...preview } = await previewLockRelease(file, engine, options)
      const { images = [], findings = [], release } = locked ?? {}
      const value = {
        schema: 'anneal.lock-plan/1',
        file: preview.output,
        pulls,
        ...(release === undefined ? {} : { release: release.id }),
      } as const
      output.data({ ...value, images, findings }, () =>
        [
          `would write ${preview.output}${release === undefined ? '' : `: release ${shortId(release.id)}`}`,
          ...pulls.map((image) => `  would pull ${image}: its digest is not known before`),
          ...images.map(({ image, pinned, by }) => `  ${image} → ${pinned} (${by})`),
        ].join('\n'),
      )
      return EXIT.ok
    }
    const { release, images, findings, ...locked } = await lockRelease(file, engine, options)
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
