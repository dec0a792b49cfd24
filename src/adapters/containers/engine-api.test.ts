import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { EngineRefusal, engineApi } from './engine-api.ts'

const dir = mkdtempSync(join(tmpdir(), 'anneal-api-'))
const socketPath = join(dir, 'engine.sock')
const seen: string[] = []
let answer: (socket: Socket) => void = () => {}

/** An engine that says what the test wants said. */
const server = createServer((socket) => {
  socket.on('error', () => {})
  socket.once('data', (request) => {
    seen.push(request.toString())
    answer(socket)
  })
})
before(() => new Promise<void>((resolve) => server.listen(socketPath, resolve)))
after(() => {
  server.close()
  rmSync(dir, { recursive: true })
})

const api = engineApi(socketPath, (cause) => Object.assign(new Error('gone'), { code: `gone ${cause.code}` }))
const say = (status: string, body: string) => (socket: Socket) =>
  socket.end(`HTTP/1.1 ${status}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)

test('an answer is its JSON, a refusal its status and message', async () => {
  answer = say('200 OK', '{"Id":"x"}')
  assert.deepEqual(await api.json({ method: 'GET', path: '/a' }), { Id: 'x' })
  answer = say('409 Conflict', '{"message":"taken","cause":"name"}\n')
  await assert.rejects(api.json({ method: 'GET', path: '/a' }), (error) => {
    assert.ok(error instanceof EngineRefusal)
    assert.deepEqual([error.status, error.message], [409, 'taken'])
    return true
  })
  answer = say('500 Internal Server Error', 'no JSON here')
  await assert.rejects(api.status({ method: 'POST', path: '/a' }), { message: 'no JSON here' })
  answer = say('304 Not Modified', '')
  assert.equal(await api.status({ method: 'POST', path: '/a' }), 304)
})

test('queries and bodies arrive as they were given', async () => {
  answer = say('200 OK', '{}')
  const filters = { label: ['a=b c'] }
  await api.json({
    method: 'GET',
    path: '/list',
    query: { all: true, none: undefined, filters, changes: ['x', 'y'] },
  })
  const [line = ''] = seen.at(-1)?.split('\r\n') ?? []
  const { pathname, searchParams } = new URL(line.split(' ')[1] ?? '', 'http://engine')
  assert.equal(pathname, '/list')
  assert.deepEqual(
    [...searchParams],
    [
      ['all', 'true'],
      ['filters', '{"label":["a=b c"]}'],
      ['changes', 'x'],
      ['changes', 'y'],
    ],
  )
  await api.json({ method: 'POST', path: '/make', query: { name: 'n' }, body: { Env: ['A=b'] } })
  assert.match(seen.at(-1) ?? '', /^POST \/make\?name=n HTTP[^]*\r\n\r\n\{"Env":\["A=b"\]\}$/)
  await api.status({ method: 'POST', path: '/start' })
  assert.match(seen.at(-1) ?? '', /^POST \/start HTTP[^]*\r\n\r\n$/)
})

test(
  'a daemon that dies in the middle of a body is unreachable, not waited for',
  { timeout: 5000 },
  async () => {
    answer = (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"Id":')
      setImmediate(() => socket.destroy())
    }
    await assert.rejects(api.json({ method: 'GET', path: '/a' }), { code: 'gone ECONNRESET' })
    const lines = await api.stream({ method: 'GET', path: '/a' })
    await assert.rejects(collect(lines), { code: 'gone ECONNRESET' })
  },
)

test('a daemon that dies before it answers, or is not there, is unreachable', async () => {
  answer = (socket) => socket.destroy()
  await assert.rejects(api.status({ method: 'POST', path: '/stop' }), { code: 'gone ECONNRESET' })
  const nobody = engineApi(join(dir, 'no.sock'), (cause) => new Error(`no: ${cause.code}`))
  await assert.rejects(nobody.status({ method: 'GET', path: '/' }), { message: 'no: ENOENT' })
})

test('an aborted request fails as aborted, before and after the answer begins', async () => {
  answer = () => {}
  await assert.rejects(api.status({ method: 'GET', path: '/a', signal: AbortSignal.timeout(20) }), {
    name: 'TimeoutError',
  })
  answer = (socket) => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n')
  const given = new AbortController()
  const lines = await api.stream({ method: 'GET', path: '/a', signal: given.signal })
  given.abort()
  await assert.rejects(collect(lines), { name: 'AbortError' })
})

test('the environment neither redirects requests nor prints credentials', () => {
  answer = say('200 OK', '{}')
  const script = join(dir, 'call.ts')
  writeFileSync(
    script,
    `import { engineApi } from ${JSON.stringify(join(import.meta.dirname, 'engine-api.ts'))}
     const api = engineApi(${JSON.stringify(join(dir, 'none.sock'))}, (cause) => new Error(String(cause.code)))
     const headers = { 'X-Registry-Auth': 'c2VjcmV0' }
     await api.status({ method: 'GET', path: '/', headers }).catch((error) => console.log(error.message))
     console.log(process.env.DOCKER_HOST, process.env.DEBUG)`,
  )
  const env = { ...process.env, DOCKER_HOST: 'tcp://192.0.2.1:1', DEBUG: '*' }
  const said = execFileSync(process.execPath, [script], {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  assert.equal(said, 'ENOENT\ntcp://192.0.2.1:1 *\n')
})

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
