import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:https'
import type { Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { apiCalls } from './api-calls.ts'
import { clusterOf } from './cluster.ts'

describe('an apiserver', () => {
  let server: Server
  let login: Readonly<{ server: string; ca: string; token: string }>
  let answer: readonly [status: number, body: string]
  let asked: IncomingMessage[]

  before(async () => {
    const directory = mkdtempSync(join(tmpdir(), 'apiserver-'))
    const files = [join(directory, 'key'), join(directory, 'cert')] as const
    const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
    const subject = ['-subj', '/CN=one', '-addext', 'subjectAltName=DNS:kubernetes.example,IP:127.0.0.1']
    execFileSync('openssl', [...made, ...subject, '-keyout', files[0], '-out', files[1]], { stdio: 'pipe' })
    const [key, cert] = [readFileSync(files[0], 'utf8'), readFileSync(files[1], 'utf8')]
    rmSync(directory, { recursive: true })
    server = createServer({ key, cert }, (request, response) => {
      asked.push(request)
      response.writeHead(answer[0]).end(answer[1])
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    login = { server: `https://127.0.0.1:${port}`, ca: cert, token: 'S3CRET' }
  })
  after(() => server.close())

  const ask = (
    status: number,
    body: string,
    changes: Partial<typeof login> & { serverName?: string } = {},
  ) => {
    answer = [status, body]
    asked = []
    return clusterOf(apiCalls({ ...login, ...changes })).node('node1')
  }
  const said = (message: string) => JSON.stringify({ kind: 'Status', message })

  test('is asked with the token, and its answer is read', async () => {
    const node = await ask(200, JSON.stringify({ metadata: { name: 'node1' } }))
    assert.equal(node?.name, 'node1')
    assert.deepEqual(
      asked.map(({ url, headers }) => [url, headers.authorization]),
      [['/api/v1/nodes/node1', 'Bearer S3CRET']],
    )
    assert.equal(await ask(404, said('nodes "node1" not found')), undefined)
  })

  const cases = [
    ['that allows nothing', 403, said('forbidden'), 'CLUSTER_REFUSES', false],
    ['that knows nobody', 401, said('Unauthorized'), 'CLUSTER_REFUSES', false],
    ['that does not understand', 422, said('invalid'), 'CLUSTER_ANSWER', true],
    ['that is overloaded', 429, said('too many requests'), 'CLUSTER_BUSY', true],
    ['whose etcd elects', 500, said('etcdserver: leader changed'), 'CLUSTER_BUSY', true],
    ['that is not there, behind a balancer', 503, '<html>', 'CLUSTER_BUSY', true],
    [
      'that has just started, and does not say of what object',
      404,
      '404 page not found',
      'CLUSTER_BUSY',
      true,
    ],
    ['that is another server', 200, '<html>', 'CLUSTER_BUSY', true],
  ] as const
  for (const [why, status, body, code, retry] of cases) {
    test(`${why}: ${code}`, async () => {
      await assert.rejects(ask(status, body), { code, retry })
    })
  }

  test('whose certificate is not trusted gets no request', async () => {
    const { ca: _, ...other } = login
    answer = [200, '{}']
    asked = []
    await assert.rejects(clusterOf(apiCalls(other)).node('node1'), { code: 'CLUSTER_UNTRUSTED' })
    await assert.rejects(ask(200, '{}', { serverName: 'other.example' }), { code: 'CLUSTER_UNTRUSTED' })
    assert.deepEqual(asked, [])
    await ask(200, '{}', { serverName: 'kubernetes.example' })
    assert.equal(asked.length, 1)
  })

  test('that is away does not answer', async () => {
    await assert.rejects(ask(200, '{}', { server: 'https://127.0.0.1:1' }), {
      code: 'CLUSTER_UNREACHABLE',
      retry: true,
    })
  })
})
