import { raise } from './errors.ts'
import type { MetalOptions } from '../app/metal/index.ts'
import { CLOUD_FLAGS, cloudOptions } from './cloud-flags.ts'
import type { FlagTable, FlagValues } from './command.ts'
import { readLogin } from './read-login.ts'
import { STATE_FLAGS } from './state-flags.ts'

export const METAL_FLAGS = {
  ...CLOUD_FLAGS,
  conductor: {
    kind: 'text',
    placeholder: 'URL',
    help: 'Use the conductor at URL (`anneal metal serve`) instead of OpenStack',
    environment: 'ANNEAL_CONDUCTOR',
  },
  'conductor-login': {
    kind: 'text',
    placeholder: 'FILE',
    help: 'Log in to the conductor as USER:PASSWORD of the one line in FILE',
    environment: 'ANNEAL_CONDUCTOR_LOGIN',
  },
  cacert: {
    kind: 'text',
    placeholder: 'FILE',
    help: 'With --conductor over HTTPS: trust the certificates in FILE (PEM)',
    environment: 'OS_CACERT',
  },
  'os-system-scope': {
    kind: 'text',
    placeholder: 'all',
    help: 'Ask Ironic with system scope instead of the project of the cloud',
    environment: 'OS_SYSTEM_SCOPE',
  },
  ...STATE_FLAGS,
} as const satisfies FlagTable

export function metalOptions(flags: FlagValues<typeof METAL_FLAGS>): MetalOptions {
  const systemScope = flags['os-system-scope']
  return {
    ...(flags.conductor === undefined
      ? cloudOptions(flags)
      : conductorOptions(flags.conductor, flags['conductor-login'], flags.cacert)),
    stateDirectory: flags.state,
    ...(systemScope === undefined ? {} : { systemScope }),
  }
}

/** A conductor is asked as an Ironic that stands alone. */
function conductorOptions(url: string, loginFile: string | undefined, caFile: string | undefined) {
  const isHttp = /^https?:\/\/./i.test(url)
  if (!isHttp || !URL.canParse(url)) {
    const example = isHttp ? 'http://rack:6385' : `http://${url.replace(/^\w*:?\/\//, '')}`
    const why = `--conductor is an http(s) URL, such as ${example}, not "${url}"`
    throw raise('USAGE', { command: 'anneal metal', why, help: 'anneal metal --help' })
  }
  const none = Object.entries(process.env).filter(([name]) => !name.startsWith('OS_'))
  const login = loginFile === undefined ? undefined : readLogin(loginFile)
  const auth: Readonly<Record<string, string>> =
    login === undefined
      ? { OS_AUTH_TYPE: 'none' }
      : { OS_AUTH_TYPE: 'http_basic', OS_USERNAME: login.user, OS_PASSWORD: login.password }
  return {
    environment: {
      ...Object.fromEntries(none),
      ...auth,
      OS_ENDPOINT: url,
      ...(caFile === undefined ? {} : { OS_CACERT: caFile }),
    },
    workingDirectory: process.cwd(),
    cloud: 'envvars',
  }
}

export const WAIT_FLAGS = {
  timeout: { kind: 'text', placeholder: 'TIME', help: 'Wait at most this long', default: '30m' },
} as const satisfies FlagTable

export const CONSOLE_FLAGS = {
  console: {
    kind: 'text',
    placeholder: 'SOURCE',
    help: 'Read the console from unix:PATH, file:PATH or tcp:HOST:PORT; by default ask the conductor',
    flagOnly: true,
  },
} as const satisfies FlagTable
