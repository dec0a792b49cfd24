import type { AnnealError } from '../../core/index.ts'
import { raise } from './errors.ts'

/** A service answered with a status of 400 or more. */
export type Refusal = Readonly<{
  status: number
  /** The server's own words, without markup. */
  reason: string
  requestId: string
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
  const data = { service, action, ...refusal }
  const { status, reason } = refusal
  if (status === 413 || (status === 403 && /quota|limit|exceed/i.test(reason))) {
    return raise('OPENSTACK_QUOTA', data)
  }
  if (status === 401 || status === 403) return raise('OPENSTACK_FORBIDDEN', data)
  if (status === 404 || status === 410) return raise('OPENSTACK_NOT_FOUND', data)
  if (status === 409) return raise('OPENSTACK_CONFLICT', data)
  if (status === 429 || status >= 500) return raise('OPENSTACK_FAILED', data)
  return raise('OPENSTACK_REFUSED', data)
}
