import type { AnnealError } from '../../core/index.ts'
import type { Login } from './cloud.ts'
import { raise } from './errors.ts'

/** A service answered with a status of 400 or more. */
export type Refusal = Readonly<{
  status: number
  /** The server's own words, without markup. */
  reason: string
  requestId: string
  /** Who was refused. */
  login?: Login
}>

const MOST_REASON_LENGTH = 600

/** Headers in which services give the id under which their logs hold the request. */
const REQUEST_ID_HEADERS = ['x-openstack-request-id', 'x-compute-request-id', 'openstack-request-id'] as const

export function requestIdIn(headers: Readonly<Record<string, string | string[] | undefined>>): string {
  for (const name of REQUEST_ID_HEADERS) {
    const value = headers[name]
    if (value !== undefined) return Array.isArray(value) ? (value[0] ?? 'without id') : value
  }
  return 'without id'
}

/** The server's words in what the services answer: JSON in four shapes, or a page of HTML. */
export function reasonIn(body: string, status: number): string {
  const words = wordsOf(body).replaceAll(/\s+/g, ' ').trim()
  const reason = words === '' ? `nothing but status ${status}` : words
  return reason.length > MOST_REASON_LENGTH ? `${reason.slice(0, MOST_REASON_LENGTH)}…` : reason
}

function wordsOf(body: string): string {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    // WebOb's page: <title>409 Conflict</title>… <h1>409 Conflict</h1> words<br /><br />
    return body
      .replaceAll(/<(head|script|style)[\s\S]*?<\/\1>/gi, ' ')
      .replaceAll(/<[^>]*>/g, ' ')
      .replaceAll('&quot;', '"')
      .replaceAll('&#x27;', "'")
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&amp;', '&')
  }
  // Glance, asked for JSON, puts what would have been its page into the message.
  return (messageOf(value) ?? body).replaceAll(/<br ?\/?>/g, ' ')
}

/**
 * Keystone and Nova: `{"error": {"message"}}` and `{"conflictingRequest": {"message"}}`. Ironic: `{"error_message": X}`
 * with X an object or the text of one, `{"faultstring"}`. Glance behind some proxies: `{"message"}`.
 */
function messageOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return typeof value === 'string' ? value : undefined
  const members = value as Readonly<Record<string, unknown>>
  for (const name of ['faultstring', 'message', 'detail'] as const) {
    if (typeof members[name] === 'string') return members[name]
  }
  const inner = members['error_message']
  if (typeof inner === 'string') {
    try {
      return messageOf(JSON.parse(inner)) ?? inner
    } catch {
      return inner
    }
  }
  if (inner !== undefined) return messageOf(inner)
  const only = Object.values(members)
  return only.length === 1 ? messageOf(only[0]) : undefined
}

/** Takes secrets out of a server's words: some services repeat what they were given. */
export function redacted(text: string, secrets: readonly string[]): string {
  return secrets.filter((one) => one.length >= 4).reduce((rest, one) => rest.replaceAll(one, '***'), text)
}

/** The error for people and programs that a status means. */
export function refusalError(service: string, action: string, refusal: Refusal): AnnealError {
  const { status, reason, requestId } = refusal
  const login = refusal.login ?? { who: 'this login', scope: 'none' }
  const data = { service, action, status, reason, requestId }
  // Ironic answers a scope that it does not take with 500, as oslo.policy's own exception reaches its API.
  const scopes = wantedScopes(reason)
  if (scopes !== undefined && (status === 403 || status === 500)) {
    return raise('OPENSTACK_SCOPE', { ...data, login: login.who, remedy: remedyForScope(scopes) })
  }
  if (status === 413 || (status === 403 && /quota|limit|exceed/i.test(reason))) {
    return raise('OPENSTACK_QUOTA', data)
  }
  if (status === 401 || status === 403) {
    return raise('OPENSTACK_FORBIDDEN', { ...data, login: login.who, remedy: remedyForRole(service, login) })
  }
  if (service === 'Glance' && status === 415) {
    return raise('OPENSTACK_IMAGE_REFUSED', { ...data, remedy: remedyForImage(reason) })
  }
  if (service === 'Glance' && status === 400 && FORMAT_WORDS.test(reason)) {
    return raise('OPENSTACK_FORMAT_REFUSED', { ...data, reason: formatReason(reason) })
  }
  if (status === 404 || status === 410) return raise('OPENSTACK_NOT_FOUND', data)
  if (status === 409) return raise('OPENSTACK_CONFLICT', data)
  if (status === 500 && !PASSING_WORDS.test(reason)) return raise('OPENSTACK_FAULT', data)
  if (status === 429 || status >= 500) return raise('OPENSTACK_FAILED', data)
  return raise('OPENSTACK_REFUSED', data)
}

/** JSON Schema's words for a value that is not in the list of the operator. */
const FORMAT_WORDS = /is not one of.*(disk|container)_format/

/** The value and the list; the whole schema that Glance shows behind them helps nobody. */
function formatReason(reason: string): string {
  const [, told, name] =
    /('[^']*' is not one of \[[^\]]*\]).*?((?:disk|container)_format)/s.exec(reason) ?? []
  return told === undefined ? reason : `${name} ${told}`
}

const BY_OPERATOR = 'in section image_format of glance-api.conf'
const TABLE_REMEDY = `write the protective MBR of the disk anew (gdisk: x, n, w); or have the operator of Glance name the check (mbr, gptmbr) in gpt_safety_checks_nonfatal ${BY_OPERATOR}`
const CONTENT_REMEDY = `check with \`anneal image inspect\` what it is: Anneal sends qcow2 and raw disks, and an ISO is for \`openstack image create --disk-format iso\`; or have the operator of Glance set require_image_format_match=false ${BY_OPERATOR}`

/** Glance since 29 looks into what is uploaded in the container format bare. Up to 32 it does not say what it saw. */
function remedyForImage(reason: string): string {
  if (/safety check/i.test(reason)) return TABLE_REMEDY
  if (/does not match|multiple formats|inspection/i.test(reason)) return CONTENT_REMEDY
  return `the log of Glance says why. A partition table that is not as its standard wants it: ${TABLE_REMEDY}. Another format: ${CONTENT_REMEDY}`
}

/** What services say in a 500 where not they are at fault but what they stand on is away or busy for the moment. */
const PASSING_WORDS =
  /nothing but status|connect|timed? ?out|unavailable|refused|locked|lost|deadlock|too many|no conductor|no valid|temporar|try again|retry/i

/** `requires a scope of ['system', 'project']` of oslo.policy: the scopes. */
function wantedScopes(reason: string): readonly string[] | undefined {
  const [, list] = /requires a scope of \[([^\]]*)\]/.exec(reason) ?? []
  return list?.split(',').map((one) => one.trim().replaceAll("'", ''))
}

const SYSTEM_SCOPE =
  '--os-system-scope all, OS_SYSTEM_SCOPE=all or `system_scope: all` in clouds.yaml (the user needs a role there: `openstack role add --user NAME --system all reader`)'
const PROJECT_SCOPE = 'a cloud with project_name (or project_id) in clouds.yaml'

function remedyForScope(scopes: readonly string[]): string {
  const ways = scopes.map((scope) =>
    scope === 'system'
      ? SYSTEM_SCOPE
      : scope === 'project'
        ? PROJECT_SCOPE
        : 'a cloud with domain_name in clouds.yaml',
  )
  return `log in with the scope that it wants: ${ways.join('; or ')}`
}

function remedyForRole(service: string, login: Login): string {
  if (login.scope === 'standalone') return 'check the user name and the password of this cloud'
  if (login.scope === 'system' && service !== 'Ironic' && service !== 'Keystone') {
    return `${service} gives nothing to a login with system scope: name ${PROJECT_SCOPE}; beside Ironic with system scope, the image's cloud is --image-cloud NAME`
  }
  if (service !== 'Ironic')
    return `log in with a role that the policy of ${service} grants it to: often member or admin`
  return login.scope === 'system'
    ? 'log in with a role on the system that may: admin for everything, member to deploy, reader to look (`openstack role add --user NAME --system all admin`)'
    : `log in to the project that owns the machine, as its admin (or member, which may deploy and not enroll), or to the one that leases it; or with system scope: ${SYSTEM_SCOPE}`
}
