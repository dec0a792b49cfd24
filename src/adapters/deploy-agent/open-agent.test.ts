import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo, Server } from 'node:net'
import { describe, test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import { openAgent } from './index.ts'

const TOKEN = 'secret-token'
const signal = new AbortController().signal
const refused = (code: string) => (error: unknown) =>
  isAnnealError(error, code) && !JSON.stringify(error).includes(TOKEN)

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

/** An agent that gives one answer. */
async function withAnswer<T>(
  status: number,
  body: unknown,
  ask: (url: string, asked: { path: string; body: string }) => Promise<T>,
): Promise<T> {
  const asked = { path: '', body: '' }
  const server = createServer((request, response) => {
    asked.path = request.url ?? ''
    request.on('data', (part: Buffer) => void (asked.body += part.toString()))
    request.on('end', () => response.writeHead(status).end(JSON.stringify(body)))
  })
  const port = await listening(server)
  try {
    return await ask(`http://127.0.0.1:${port}`, asked)
  } finally {
    server.close()
  }
}

describe('the command API of ironic-python-agent', () => {
  test('takes a command with the token, and tells how it goes', () =>
    withAnswer(200, { command_name: 'sync', command_status: 'RUNNING' }, async (url, asked) => {
      const found = await openAgent({ url, token: TOKEN }).run('standby.sync', { a: 1 }, signal)
      assert.deepEqual(found, { name: 'sync', state: 'running' })
      assert.equal(asked.path, `/v1/commands/?agent_token=${TOKEN}`)
      assert.deepEqual(JSON.parse(asked.body), { name: 'standby.sync', params: { a: 1 } })
    }))

  test('lists commands with their results and their errors', () => {
    const commands = [
      { command_name: 'a', command_status: 'SUCCEEDED', command_result: { result: 'a: done' } },
      {
        command_name: 'b',
        command_status: 'FAILED',
        command_error: { type: 'ImageChecksumError', code: 500, message: 'M', details: 'D' },
      },
      { command_name: 'c', command_status: 'CLEAN_VERSION_MISMATCH', command_error: { error: 'E' } },
    ]
    return withAnswer(200, { commands }, async (url) => {
      assert.deepEqual(await openAgent({ url, token: TOKEN }).commands(signal), [
        { name: 'a', state: 'succeeded', result: { result: 'a: done' } },
        { name: 'b', state: 'failed', error: { kind: 'ImageChecksumError', text: 'D' } },
        { name: 'c', state: 'failed', error: { kind: 'CLEAN_VERSION_MISMATCH', text: 'E' } },
      ])
    })
  })

  for (const [status, body, code] of [
    [401, { faultstring: `Token ${TOKEN} invalid` }, 'AGENT_UNREACHABLE'],
    [409, { faultstring: 'busy' }, 'AGENT_BUSY'],
    [400, { faultstring: `no ${TOKEN}` }, 'AGENT_REFUSED'],
    [500, 'nothing', 'AGENT_REFUSED'],
    [200, { command_name: 'a', command_status: 'SLEEPING' }, 'AGENT_REFUSED'],
  ] as const) {
    test(`an answer ${status} ${JSON.stringify(body)} is ${code}, without the token`, () =>
      withAnswer(status, body, async (url) => {
        await assert.rejects(openAgent({ url, token: TOKEN }).run('a.a', {}, signal), refused(code))
      }))
  }

  test('is not reached where nothing listens', () =>
    assert.rejects(
      openAgent({ url: 'http://127.0.0.1:1', token: TOKEN }).commands(signal),
      refused('AGENT_UNREACHABLE'),
    ))
})
