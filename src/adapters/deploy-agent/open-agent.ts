import { Agent, request } from 'undici'
import type { AgentAddress, AgentCommand, DeployAgent } from '../../ports/index.ts'
import { boundedText, isObject } from '../../core/index.ts'
import { raise } from './errors.ts'
import { pinnedConnector } from './pinned-connector.ts'

/** Reading what a machine is made of takes lshw, and that takes long on a slow one. */
const ANSWER_MS = 180_000
const CONNECT_MS = 10_000
const MOST_BYTES = 4 * 2 ** 20

type Answer = Readonly<{ status: number; body: unknown }>

/** The command API of an ironic-python-agent. A connection for each call: the agent may be another one in a moment. */
export function openAgent(address: AgentAddress): DeployAgent {
  const { url, token } = address
  const call = async (
    command: string,
    method: 'GET' | 'POST',
    signal: AbortSignal,
    body?: unknown,
  ): Promise<unknown> => {
    const answer = await send(address, command, method, signal, body)
    if (answer.status < 300) return answer.body
    const why = faultOf(answer).replaceAll(token, '…')
    // 401: the agent has another token because it has just booted. Its next heartbeat has the new one.
    if (answer.status === 401 || answer.status === 503) {
      throw raise('AGENT_UNREACHABLE', { command, agent: url, why })
    }
    if (answer.status === 409) throw raise('AGENT_BUSY', { command, agent: url })
    throw raise('AGENT_REFUSED', { command, agent: url, why })
  }
  return {
    async commands(signal) {
      const body = await call('list commands', 'GET', signal)
      const list = isObject(body) && Array.isArray(body['commands']) ? body['commands'] : undefined
      if (list !== undefined) return list.map((one) => commandOf(one, 'list commands', url))
      throw raise('AGENT_REFUSED', { command: 'list commands', agent: url, why: 'a list without commands' })
    },
    async run(name, params, signal) {
      return commandOf(await call(name, 'POST', signal, { name, params }), name, url)
    },
  }
}

async function send(
  { url, token, certificate }: AgentAddress,
  command: string,
  method: 'GET' | 'POST',
  signal: AbortSignal,
  body: unknown,
): Promise<Answer> {
  const connect =
    certificate === undefined ? { timeout: CONNECT_MS } : pinnedConnector(certificate, CONNECT_MS)
  await using dispatcher = disposable(new Agent({ connect, allowH2: false }))
  try {
    const response = await request(`${url}/v1/commands/`, {
      dispatcher: dispatcher.agent,
      method,
      query: { agent_token: token },
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      headersTimeout: ANSWER_MS,
      bodyTimeout: ANSWER_MS,
      signal,
    })
    return { status: response.statusCode, body: parsed(await textOf(response.body)) }
  } catch (error) {
    signal.throwIfAborted()
    const why = error instanceof Error ? error.message : String(error)
    // Without its cause: that holds the address with the token.
    throw raise('AGENT_UNREACHABLE', { command, agent: url, why: why.replaceAll(token, '…') })
  }
}

function disposable(agent: Agent): AsyncDisposable & Readonly<{ agent: Agent }> {
  return { agent, [Symbol.asyncDispose]: () => agent.destroy() }
}

function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  return boundedText(body, MOST_BYTES, () => new Error(`its answer has more than ${MOST_BYTES} bytes`))
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

const STATES: Readonly<Record<string, AgentCommand['state']>> = {
  RUNNING: 'running',
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  // The hardware managers of another agent than the one that named its steps.
  CLEAN_VERSION_MISMATCH: 'failed',
}

function commandOf(value: unknown, command: string, agent: string): AgentCommand {
  const said = isObject(value) ? value : {}
  const state = STATES[String(said['command_status'])]
  const name = said['command_name']
  if (state === undefined || typeof name !== 'string') {
    throw raise('AGENT_REFUSED', { command, agent, why: 'something that is no result of a command' })
  }
  return {
    name,
    state,
    ...(state === 'succeeded' ? { result: said['command_result'] } : {}),
    ...(state === 'failed' ? { error: errorOf(said['command_error'], String(said['command_status'])) } : {}),
  }
}

/** Errors of the agent’s own have a class and details (ironic_python_agent/errors.py); others are a text. */
function errorOf(said: unknown, status: string): NonNullable<AgentCommand['error']> {
  if (!isObject(said)) return { kind: status, text: wordsOf(said) ?? 'it does not say why' }
  const text = wordsOf(said['details'] ?? said['message'] ?? said['error']) ?? JSON.stringify(said)
  return { kind: wordsOf(said['type']) ?? status, text }
}

function faultOf({ status, body }: Answer): string {
  const said = isObject(body) ? wordsOf(body['faultstring'] ?? body['details'] ?? body['message']) : undefined
  return said === undefined ? `status ${status}` : `status ${status}: ${said}`
}

function wordsOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
