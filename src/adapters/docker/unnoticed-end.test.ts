import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { dockerEngine } from './engine.ts'

/** No kernel gives such a pid. */
const NOBODY = 2 ** 30
const ENDED = { Status: 'exited', Running: false, Pid: 0, ExitCode: 7, StartedAt: '2026-01-01T00:00:00Z' }
const LOST = { ...ENDED, Status: 'running', Running: true, Pid: NOBODY, ExitCode: 0 }

/** A Docker that misses the end of its one container until it is told to stop it. What it was asked is in `asked`. */
async function dockerThatMissesAnEnd(t: TestContext) {
  const dir = mkdtempSync(join(tmpdir(), 'anneal-docker-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const asked: string[] = []
  const waiting: ServerResponse[] = []
  let state = LOST
  const server = createServer((request, response) => {
    const { method, url = '' } = request
    const path = url.replace(/^\/v[\d.]+/, '').replace(/\?.*/, '')
    request.resume()
    const json = (body: unknown, status = 200) => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(body))
    }
    if (method !== 'GET') asked.push(`${method} ${path.replace(/^\/containers/, '')}`)
    if (path === '/info') return json({ ServerVersion: '20.10.24', CgroupDriver: 'cgroupfs' })
    if (path === '/version' || path === '/_ping') return json({ ApiVersion: '1.41' })
    if (path === '/containers/json') return json([])
    if (path.endsWith('/json')) return json({ Id: 'c', Name: '/c', Image: 'sha256:1', State: state })
    if (path.endsWith('/logs')) return response.end(Buffer.from('\x01\0\0\0\0\0\0\x04said'))
    if (path.endsWith('/wait')) return void waiting.push(response)
    if (path === '/containers/create') {
      state = { ...ENDED, Status: 'created' }
      return json({ Id: 'c' }, 201)
    }
    if (path.endsWith('/start')) state = LOST
    if (path.endsWith('/stop')) {
      state = ENDED
      for (const one of waiting) one.end(JSON.stringify({ StatusCode: ENDED.ExitCode }))
    }
    response.writeHead(204).end()
  })
  const socketPath = join(dir, 'd.sock')
  await new Promise<void>((resolve) => server.listen(socketPath, resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  // Without a process of that name nothing would be judged.
  copyFileSync('/bin/sleep', join(dir, 'dockerd'))
  const child = spawn(join(dir, 'dockerd'), ['600'], { stdio: 'ignore' })
  t.after(() => child.kill('SIGKILL'))
  await once(child, 'spawn')
  return { engine: dockerEngine({ socketPath, patienceMs: 50 }), asked }
}

test('a container whose end Docker missed has ended', async (t) => {
  const { engine } = await dockerThatMissesAnEnd(t)
  const container = await engine.inspectContainer('c')
  assert.equal(container?.status, 'exited')
  assert.equal(container.endUnnoticed, true)
  assert.equal(container.pid, 0)
  assert.equal(container.exitCode, undefined, 'nobody knows it')
})

test('a container whose end Docker missed is stopped before it is started, and before it is removed', async (t) => {
  for (const act of ['start', 'remove'] as const) {
    const { engine, asked } = await dockerThatMissesAnEnd(t)
    if (act === 'start') await engine.startContainer('c')
    else await engine.removeContainer('c', { force: false })
    assert.deepEqual(asked, ['POST /c/stop', act === 'start' ? 'POST /c/start' : 'DELETE /c'])
  }
})

test(
  'a question to an image has its answer although Docker missed its end',
  { timeout: 60_000 },
  async (t) => {
    const { engine, asked } = await dockerThatMissesAnEnd(t)
    const answer = await engine.runOnce('image', { command: ['/bin/true'], timeoutMs: 50_000 })
    assert.deepEqual([answer.exitCode, answer.stdout], [7, 'said'])
    assert.ok(asked.includes('POST /c/stop'), asked.join())
  },
)
