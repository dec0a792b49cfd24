import { isAnnealError } from '../../core/index.ts'
import type { Auth, Cloud, Login, Scope } from './cloud.ts'
import { describeLogin, secretsOf } from './cloud.ts'
import { raise } from './errors.ts'
import { Fields } from './fields.ts'
import type { Http } from './http.ts'
import { reasonIn, redacted } from './refusal.ts'

export type Endpoint = Readonly<{
  /** The type of its service, as the catalogue says it. */
  type: string
  interface: string
  region: string
  url: string
}>

export type Token = Readonly<{
  id: string
  /** Milliseconds since the epoch. */
  expiresAt: number
  catalogue: readonly Endpoint[]
  /** Undefined for a token of no project. */
  projectId?: string
  login: Login
}>

export type KeystoneAuth = Exclude<Auth, { kind: 'none' | 'httpBasic' }>

/**
 * Logs in with the Identity API v3 (https://docs.openstack.org/api-ref/identity/v3/#authentication-and-token-management)
 * and gives the token with its catalogue. Throws OPENSTACK_LOGIN_REFUSED, OPENSTACK_UNREACHABLE.
 */
export async function logIn(http: Http, cloud: Cloud, auth: KeystoneAuth): Promise<Token> {
  const url = `${identityRoot(cloud, auth)}/auth/tokens`
  const secrets = secretsOf(auth)
  const reply = await http.send({
    action: `log in to cloud "${cloud.name}"`,
    service: 'Keystone',
    method: 'POST',
    url,
    json: { auth: { identity: identity(auth), ...scopeOf(auth) } },
    // Logging in twice makes two tokens and does no harm.
    idempotent: true,
    accept: [401, 403, 404],
    secrets,
  })
  if (reply.status >= 400) {
    throw raise('OPENSTACK_LOGIN_REFUSED', {
      cloud: cloud.name,
      user: describeLogin(auth),
      reason: redacted(reasonIn(reply.text, reply.status), secrets),
      requestId: reply.requestId,
      url,
    })
  }
  const id = reply.headers['x-subject-token']
  const origin = { service: 'Keystone', url }
  const token = new Fields(parsed(reply.text, origin), origin).object('token')
  if (typeof id !== 'string') {
    const missing = { ...origin, where: 'the header X-Subject-Token', found: 'absent', expected: 'a string' }
    throw raise('OPENSTACK_REPLY_INVALID', missing)
  }
  const projectId = token.optionalObject('project')?.text('id')
  return {
    id,
    expiresAt: Date.parse(token.text('expires_at')),
    catalogue: catalogueOf(token),
    ...(projectId === undefined ? {} : { projectId }),
    login: loginOf(token, auth),
  }
}

function loginOf(token: Fields, auth: KeystoneAuth): Login {
  const user = token.optionalObject('user')?.optionalText('name')
  const who = user === undefined ? describeLogin(auth) : `user "${user}"`
  const roles = token.list('roles').map((one) => one.text('name'))
  const may =
    roles.length === 0 ? 'no role' : `${roles.length === 1 ? 'role' : 'roles'} ${roles.toSorted().join(', ')}`
  const project = token.optionalObject('project')
  if (project !== undefined) {
    const name = project.optionalText('name') ?? project.text('id')
    return { scope: 'project', who: `${who} of project "${name}" (${may})` }
  }
  if (token.raw('system') !== undefined) return { scope: 'system', who: `${who} with system scope (${may})` }
  const domain = token.optionalObject('domain')
  if (domain !== undefined) {
    const name = domain.optionalText('name') ?? domain.text('id')
    return { scope: 'domain', who: `${who} of domain "${name}" (${may})` }
  }
  return { scope: 'none', who: `${who} without a scope (no project, domain or system_scope)` }
}

/** The JSON of an answer. */
export function parsed(text: string, origin: Readonly<{ service: string; url: string }>): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    if (isAnnealError(error)) throw error
    throw raise('OPENSTACK_REPLY_INVALID', {
      ...origin,
      where: 'the answer',
      found: text.trimStart().startsWith('<') ? 'a page of HTML' : 'text',
      expected: 'JSON',
    })
  }
}

function identityRoot(cloud: Cloud, auth: KeystoneAuth): string {
  const url = (cloud.endpoints.identity ?? auth.authUrl).replace(/\/+$/, '')
  if (url.endsWith('/v2.0')) {
    const why =
      'auth_url ends with /v2.0, and the Identity API v2 is gone from OpenStack; it ends with /v3 today'
    throw raise('CLOUD_SETTING_INVALID', { cloud: cloud.name, why, where: 'auth_url' })
  }
  return url.endsWith('/v3') ? url : `${url}/v3`
}

function identity(auth: KeystoneAuth): object {
  switch (auth.kind) {
    case 'password':
      return { methods: ['password'], password: { user: { ...userOf(auth), password: auth.password } } }
    case 'token':
      return { methods: ['token'], token: { id: auth.token } }
    case 'applicationCredential':
      return {
        methods: ['application_credential'],
        application_credential: {
          secret: auth.secret,
          ...(auth.id === undefined ? { name: auth.name, user: userOf(auth) } : { id: auth.id }),
        },
      }
  }
}

type UserParts = Readonly<{
  userId?: string
  username?: string
  userDomainId?: string
  userDomainName?: string
}>

function userOf(auth: UserParts): object {
  if (auth.userId !== undefined) return { id: auth.userId }
  return { name: auth.username, domain: domainOf(auth.userDomainId, auth.userDomainName) }
}

/** A name without its domain is one of the domain that every Keystone begins with. */
function domainOf(id: string | undefined, name: string | undefined): object {
  if (id !== undefined) return { id }
  return name === undefined ? { id: 'default' } : { name }
}

/** An application credential has its project in itself. */
function scopeOf(auth: KeystoneAuth): object {
  if (auth.kind === 'applicationCredential') return {}
  const scope = scopeBody(auth.scope)
  return scope === undefined ? {} : { scope }
}

function scopeBody(scope: Scope): object | undefined {
  if (scope.projectId !== undefined) return { project: { id: scope.projectId } }
  if (scope.projectName !== undefined) {
    const domain = domainOf(scope.projectDomainId, scope.projectDomainName)
    return { project: { name: scope.projectName, domain } }
  }
  if (scope.system !== undefined) return { system: { all: true } }
  if (scope.domainId !== undefined) return { domain: { id: scope.domainId } }
  if (scope.domainName !== undefined) return { domain: { name: scope.domainName } }
  return undefined
}

function catalogueOf(token: Fields): readonly Endpoint[] {
  return token.list('catalog').flatMap((service) =>
    service.list('endpoints').map((endpoint) => ({
      type: service.text('type'),
      interface: endpoint.text('interface'),
      region: endpoint.optionalText('region_id') ?? endpoint.optionalText('region') ?? '',
      url: endpoint.text('url').replace(/\/+$/, ''),
    })),
  )
}
