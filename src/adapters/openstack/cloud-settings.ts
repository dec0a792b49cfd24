import type { Auth, Cloud, Scope, ServiceType } from './cloud.ts'
import { overrideName } from './cloud.ts'
import { isSettings } from './cloud-files.ts'
import type { Settings } from './cloud-files.ts'
import { raise } from './errors.ts'

const SERVICES: readonly ServiceType[] = ['identity', 'image', 'baremetal', 'compute']

/**
 * Makes a cloud of one entry of clouds.yaml, or of the OS_ variables. `where` names the source for messages.
 * `systemScope` was asked for beside that source, and takes the place of the scope there.
 */
export function cloudFromSettings(
  name: string,
  settings: Settings,
  where: string,
  systemScope?: string,
): Cloud {
  const reader = new SettingsReader(
    name,
    systemScope === undefined ? settings : rescoped(settings, systemScope),
    where,
  )
  const profile = reader.text('profile') ?? reader.text('cloud')
  if (profile !== undefined) throw raise('CLOUD_VENDOR_PROFILE', { cloud: name, profile })
  refuseInsecure(reader, name)
  const endpoints = Object.fromEntries(
    SERVICES.flatMap((service) => {
      const url = reader.url(overrideName(service))
      return url === undefined ? [] : [[service, url]]
    }),
  )
  const side = (reader.text('interface') ?? reader.text('endpoint_type') ?? 'public').replace(/URL$/, '')
  if (side !== 'public' && side !== 'internal' && side !== 'admin') {
    throw reader.invalid(`interface is "${side}", and only public, internal and admin are known`)
  }
  return {
    name,
    auth: authFrom(reader, Object.keys(endpoints).length > 0),
    interface: side,
    endpoints,
    ...optional('region', reader.text('region_name')),
    ...optional('caFile', reader.text('cacert')),
    ...optional('certFile', reader.text('cert')),
    ...optional('keyFile', reader.text('key')),
  }
}

const SCOPES = [
  'project_id',
  'project_name',
  'tenant_id',
  'tenant_name',
  'domain_id',
  'domain_name',
  'system_scope',
]

function rescoped(settings: Settings, systemScope: string): Settings {
  const without = (one: Settings): Settings =>
    Object.fromEntries(Object.entries(one).filter(([key]) => !SCOPES.includes(key)))
  const auth = isSettings(settings['auth'] ?? {}) ? without((settings['auth'] ?? {}) as Settings) : {}
  return { ...without(settings), auth: { ...auth, system_scope: systemScope } }
}

function refuseInsecure(reader: SettingsReader, cloud: string): void {
  if (isFalse(reader.text('verify'))) throw raise('CLOUD_INSECURE', { cloud, setting: 'verify' })
  const insecure = reader.text('insecure')
  if (insecure !== undefined && !isFalse(insecure)) {
    throw raise('CLOUD_INSECURE', { cloud, setting: 'insecure' })
  }
}

function isFalse(text: string | undefined): boolean {
  return text !== undefined && /^(false|no|off|0)$/i.test(text)
}

function authFrom(reader: SettingsReader, hasEndpoints: boolean): Auth {
  const kind = reader.text('auth_type') ?? guessedKind(reader)
  if (reader.text('system_scope') !== undefined && !TAKES_SCOPE.has(kind)) {
    throw reader.invalid(
      `system_scope cannot go with auth_type "${kind}": ${kind === 'v3applicationcredential' ? 'an application credential is of one project' : 'without Keystone there are no scopes'}`,
    )
  }
  switch (kind) {
    case 'password':
    case 'v3password':
      return passwordAuth(reader)
    case 'v3applicationcredential':
      return applicationCredential(reader)
    case 'token':
    case 'v3token':
      return {
        kind: 'token',
        authUrl: reader.needUrl('auth_url'),
        token: reader.need('token'),
        scope: scope(reader),
      }
    case 'none':
      return { kind: 'none', ...standalone(reader, hasEndpoints) }
    case 'http_basic':
      return {
        kind: 'httpBasic',
        username: reader.need('username'),
        password: reader.need('password'),
        ...standalone(reader, hasEndpoints),
      }
    default:
      throw reader.invalid(
        `auth_type is "${kind}"; Anneal knows password, token, v3applicationcredential, http_basic and none`,
      )
  }
}

const TAKES_SCOPE = new Set(['password', 'v3password', 'token', 'v3token'])

/** As openstacksdk: a password unless something else is given. */
function guessedKind(reader: SettingsReader): string {
  if (reader.text('application_credential_secret') !== undefined) return 'v3applicationcredential'
  if (reader.text('password') === undefined && reader.text('token') !== undefined) return 'token'
  return 'password'
}

function passwordAuth(reader: SettingsReader): Auth {
  const userId = reader.text('user_id')
  const username = reader.text('username')
  if (userId === undefined && username === undefined) throw reader.invalid('"username" is missing')
  return {
    kind: 'password',
    authUrl: reader.needUrl('auth_url'),
    password: reader.need('password'),
    scope: scope(reader),
    ...optional('userId', userId),
    ...optional('username', username),
    ...userDomain(reader),
  }
}

function applicationCredential(reader: SettingsReader): Auth {
  const id = reader.text('application_credential_id')
  const name = reader.text('application_credential_name')
  if (id === undefined && name === undefined) {
    throw reader.invalid('"application_credential_id" is missing')
  }
  return {
    kind: 'applicationCredential',
    authUrl: reader.needUrl('auth_url'),
    secret: reader.need('application_credential_secret'),
    ...optional('id', id),
    ...optional('name', name),
    ...optional('userId', reader.text('user_id')),
    ...optional('username', reader.text('username')),
    ...userDomain(reader),
  }
}

function standalone(reader: SettingsReader, hasEndpoints: boolean): Readonly<{ endpoint?: string }> {
  const endpoint = reader.url('endpoint')
  if (endpoint === undefined && !hasEndpoints) {
    throw reader.invalid('without Keystone it needs "endpoint" or "baremetal_endpoint_override"')
  }
  return optional('endpoint', endpoint)
}

function userDomain(reader: SettingsReader): Readonly<{ userDomainId?: string; userDomainName?: string }> {
  return {
    ...optional('userDomainId', reader.text('user_domain_id') ?? reader.text('default_domain_id')),
    ...optional('userDomainName', reader.text('user_domain_name') ?? reader.text('default_domain_name')),
  }
}

/** A token has one scope (https://docs.openstack.org/api-ref/identity/v3/#password-authentication-with-scoped-authorization). */
function scope(reader: SettingsReader): Scope {
  const given = [
    ['project_id', 'project_name', 'tenant_id', 'tenant_name'],
    ['domain_id', 'domain_name'],
    ['system_scope'],
  ].flatMap((names) => names.find((name) => reader.text(name) !== undefined) ?? [])
  if (given.length > 1) {
    throw reader.invalid(
      `it has ${given.join(' and ')}, and a login has one scope: a project, a domain or the system`,
    )
  }
  const system = reader.text('system_scope')
  if (system !== undefined && system !== 'all') {
    throw reader.invalid(`system_scope is "${system}", and Keystone knows "all" only`)
  }
  return {
    ...optional('projectId', reader.text('project_id') ?? reader.text('tenant_id')),
    ...optional('projectName', reader.text('project_name') ?? reader.text('tenant_name')),
    ...optional('projectDomainId', reader.text('project_domain_id') ?? reader.text('default_domain_id')),
    ...optional(
      'projectDomainName',
      reader.text('project_domain_name') ?? reader.text('default_domain_name'),
    ),
    ...optional('domainId', reader.text('domain_id')),
    ...optional('domainName', reader.text('domain_name')),
    ...optional('system', system),
  }
}

/** Settings by name: those of `auth` and those beside it, as both places are in use. */
class SettingsReader {
  readonly #cloud: string
  readonly #settings: Settings
  readonly #where: string

  constructor(cloud: string, settings: Settings, where: string) {
    this.#cloud = cloud
    this.#where = where
    const auth = settings['auth'] ?? {}
    if (auth !== '' && !isSettings(auth)) throw this.invalid('"auth" is not a map')
    this.#settings = { ...settings, ...(auth === '' ? {} : auth) }
  }

  text(name: string): string | undefined {
    const value = this.#settings[name]
    if (value === undefined || value === '') return undefined
    if (typeof value !== 'string') throw this.invalid(`"${name}" is not text`)
    return value
  }

  need(name: string): string {
    const value = this.text(name)
    if (value === undefined) throw this.invalid(`"${name}" is missing`)
    return value
  }

  url(name: string): string | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    const url = URL.parse(value)
    if (url === null || !/^https?:$/.test(url.protocol)) throw this.invalid(`"${name}" is no http(s) URL`)
    if (url.username !== '' || url.password !== '') throw this.invalid(`"${name}" holds a user or a password`)
    return value.replace(/\/+$/, '')
  }

  needUrl(name: string): string {
    const value = this.url(name)
    if (value === undefined) throw this.invalid(`"${name}" is missing`)
    return value
  }

  invalid(why: string): Error {
    return raise('CLOUD_SETTING_INVALID', { cloud: this.#cloud, why, where: this.#where })
  }
}

function optional<K extends string, V>(name: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [P in K]?: V })
}
