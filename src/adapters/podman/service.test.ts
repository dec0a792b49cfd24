import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { podmanService } from './service.ts'

/** A Podman whose service removes its socket after its first answer and ends later. It writes a line for each service that it starts. */
const LEAVES = `
const { appendFileSync, rmSync } = require('node:fs')
const { createServer } = require('node:http')
const socket = process.argv.at(-1).replace('unix://', '')
appendFileSync(process.env.STARTED, 'started\\n')
createServer((request, response) => {
  rmSync(socket)
  response.end(JSON.stringify({ path: request.url.replace('?', '') }))
}).listen(socket)
setTimeout(() => process.exit(), 5000)
`

test(
  'a request that finds no service any more gets to the next one',
  { skip: process.getuid?.() !== 0 && 'needs root' },
  async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'anneal-podman-'))
    t.after(() => rmSync(dir, { recursive: true, force: true }))
    const [binary, started] = [join(dir, 'podman'), join(dir, 'started')]
    writeFileSync(binary, `#!${process.execPath}\n${LEAVES}`)
    chmodSync(binary, 0o755)
    const service = podmanService({ binary, runDir: join(dir, 'run'), env: { STARTED: started } })
    const api = await service.api()
    for (const path of ['/one', '/two', '/three']) {
      assert.deepEqual(await api.json({ method: 'GET', path }), { path })
    }
    assert.equal(readFileSync(started, 'utf8'), 'started\n'.repeat(3))
    await service.close()
  },
)
