import type { MetalOptions } from '../app/metal/index.ts'
import { CLOUD_FLAGS, cloudOptions } from './cloud-flags.ts'
import type { FlagTable, FlagValues } from './command.ts'

export const METAL_FLAGS = {
  ...CLOUD_FLAGS,
  'os-system-scope': {
    kind: 'text',
    placeholder: 'all',
    help: 'Ask Ironic with system scope instead of the project of the cloud',
    environment: 'OS_SYSTEM_SCOPE',
  },
  state: {
    kind: 'text',
    placeholder: 'DIR',
    help: 'Keep Anneal’s state in this directory',
    default: '/var/lib/anneal',
    environment: 'ANNEAL_STATE',
  },
} as const satisfies FlagTable

export function metalOptions(flags: FlagValues<typeof METAL_FLAGS>): MetalOptions {
  const systemScope = flags['os-system-scope']
  return {
    ...cloudOptions(flags),
    stateDirectory: flags.state,
    ...(systemScope === undefined ? {} : { systemScope }),
  }
}

export const WAIT_FLAGS = {
  timeout: { kind: 'text', placeholder: 'TIME', help: 'Wait at most this long', default: '30m' },
} as const satisfies FlagTable

export const CONSOLE_FLAGS = {
  console: {
    kind: 'text',
    placeholder: 'SOURCE',
    help: 'Read the console from unix:PATH, file:PATH or tcp:HOST:PORT; by default ask Ironic',
    flagOnly: true,
  },
} as const satisfies FlagTable
