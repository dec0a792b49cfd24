import type { UpgradeWishes } from '../app/node/index.ts'
import { releaseFile } from '../app/node/release/index.ts'
import type { FlagTable, FlagValues } from './command.ts'
import { RUN_FLAGS, runWishes } from './node-flags.ts'

export const PLAN_FLAGS = {
  ...RUN_FLAGS,
  adopt: {
    kind: 'list',
    placeholder: 'SERVICE=CONTAINER',
    help: 'Replace this container, which Anneal did not create, by the service; can be repeated',
    flagOnly: true,
  },
  'env-file': {
    kind: 'text',
    placeholder: 'FILE',
    help: 'Take the variables of the Compose file from FILE instead of .env',
    flagOnly: true,
  },
} as const satisfies FlagTable

export function upgradeWishes(file: string, flags: FlagValues<typeof PLAN_FLAGS>): UpgradeWishes {
  const envFile = flags['env-file']
  return {
    ...runWishes(flags),
    release: () =>
      releaseFile(file, { environment: process.env, ...(envFile === undefined ? {} : { envFile }) }),
    adopt: flags.adopt.map((one) => {
      const [service = '', container = ''] = one.split('=')
      return { service, container }
    }),
  }
}
