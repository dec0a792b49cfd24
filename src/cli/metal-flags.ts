import type { MetalOptions } from '../app/metal/index.ts'
import { CLOUD_FLAGS, cloudOptions } from './cloud-flags.ts'
import type { FlagTable, FlagValues } from './command.ts'

export const METAL_FLAGS = {
  ...CLOUD_FLAGS,
  'os-system-scope': {
    kind: 'text',
    placeholder: 'all',
    help: 'ask Ironic with system scope, and not with the project of that cloud',
    environment: 'OS_SYSTEM_SCOPE',
  },
  state: {
    kind: 'text',
    placeholder: 'DIR',
    help: 'directory that keeps the records of deployments',
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
  timeout: { kind: 'text', placeholder: 'TIME', help: 'longest wait', default: '30m' },
} as const satisfies FlagTable

export const CONSOLE_FLAGS = {
  console: {
    kind: 'text',
    placeholder: 'SOURCE',
    help: 'where the console is read: unix:PATH, file:PATH or tcp:HOST:PORT; by default Ironic is asked',
    flagOnly: true,
  },
} as const satisfies FlagTable
