import { Agent, request } from 'undici'
import { boundedText, isObject } from '../../core/index.ts'
import { raiseCluster } from './errors.ts'
import type { ClusterLogin } from './kubeconfig.ts'

export type ApiCall = Readonly<{
  /** Completes `Cannot …`. */
  action: string
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** From the first slash on. */
  path: string
  json?: unknown
  contentType?: string
  /** Statuses that are an answer and no error. */
  accept?: readonly number[]
}>

export type ApiAnswer = Readonly<{ status: number; body: unknown }>

export type ApiCalls = (call: ApiCall) => Promise<ApiAnswer>

const TIMEOUT_MS = 30_000
/** A list of every pod of a node and its namespace is far below this. */
const MOST_ANSWER_BYTES = 64 * 1024 * 1024

/** What TLS says of a certificate that no authority of the kubeconfig has signed, or that is another server's. */
const UNTRUSTED = /^(?:CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT_ALTNAME)/

/** HTTP to one apiserver. Throws CLUSTER_UNREACHABLE, CLUSTER_UNTRUSTED, CLUSTER_BUSY, CLUSTER_REFUSES and CLUSTER_ANSWER. */
export function apiCalls(login: ClusterLogin): ApiCalls {
  const { server, ca, cert, key, serverName, token } = login
  const connect = {
    timeout: 10_000,
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(serverName !== undefined && { servername: serverName }),
  }
  // No connection outlives its question: a program that asks for minutes, once a second, needs none.
  const agent = new Agent({ connect, pipelining: 0, allowH2: false })
  return async ({ action, method, path, json, contentType = 'application/json', accept = [] }) => {
    let status: number
    let text: string
    try {
      const answer = await request(`${server}${path}`, {
        dispatcher: agent,
        method,
        headers: {
          accept: 'application/json',
          ...(json === undefined ? {} : { 'content-type': contentType }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        headersTimeout: TIMEOUT_MS,
        bodyTimeout: TIMEOUT_MS,
        ...(json === undefined ? {} : { body: JSON.stringify(json) }),
      })
      status = answer.statusCode
      text = await boundedText(
        answer.body,
        MOST_ANSWER_BYTES,
        () => new Error('its answer has more than 64 MiB'),
      )
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      const { code = '' } = error as NodeJS.ErrnoException
      const kind = UNTRUSTED.test(code) ? 'CLUSTER_UNTRUSTED' : 'CLUSTER_UNREACHABLE'
      throw raiseCluster(kind, { action, server, reason }, error)
    }
    const body = objectFrom(text)
    if (body !== undefined && (status < 300 || accept.includes(status))) return { status, body }
    // https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
    const said = body?.['message']
    const reason =
      typeof said === 'string' ? said : `HTTP ${status}${body === undefined ? ', and no JSON' : ''}`
    if (status === 401 || status === 403) throw raiseCluster('CLUSTER_REFUSES', { action, reason })
    // “Not found” in plain text is said by a proxy, or by an apiserver that has just started: it says nothing of the object.
    const isBusy = body === undefined || status === 429 || status >= 500
    if (isBusy) throw raiseCluster('CLUSTER_BUSY', { action, reason })
    throw raiseCluster('CLUSTER_ANSWER', { action, status, reason })
  }
}

function objectFrom(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
