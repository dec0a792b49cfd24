import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, describe, test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import { readFile, walkPath } from '../../formats/filesystem/index.ts'
import { writeLayout } from '../../../test/fixtures/oci-layout.ts'
import { writeTar } from '../../../test/fixtures/tar-writer.ts'
import { openContainer } from './index.ts'

const directory = mkdtempSync(join(tmpdir(), 'anneal-registry-'))
const layout = join(directory, 'layout')
const LAYER = writeTar([
  { path: 'etc/a', content: 'from a registry' },
  {
    path: 'large',
    content: Buffer.from(Array.from({ length: 600_000 }, (_, index) => (index * index) >>> 5)),
  },
])
const top = writeLayout(layout, [LAYER], { forms: ['none'] })
const AUTH = join(directory, 'auth.json')
const before = process.env['REGISTRY_AUTH_FILE']
process.env['REGISTRY_AUTH_FILE'] = AUTH
after(() => {
  if (before === undefined) delete process.env['REGISTRY_AUTH_FILE']
  else process.env['REGISTRY_AUTH_FILE'] = before
  rmSync(directory, { recursive: true })
})

type Answer = (request: IncomingMessage, response: ServerResponse, url: URL) => boolean
const servers: { close: () => void; closeAllConnections: () => void }[] = []
/** A registry of the layout; `before` may answer in its place. */
async function registry(first: Answer = () => false): Promise<string> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://x')
    if (first(request, response, url)) return
    const [, kind, reference = ''] = /^\/v2\/team\/os\/(manifests|blobs)\/(.+)$/.exec(url.pathname) ?? []
    const digest = kind === 'manifests' && reference === '1' ? top.digest : reference
    const name = digest.replace('sha256:', '')
    if (!readdirSync(join(layout, 'blobs/sha256')).includes(name)) {
      response.writeHead(404).end()
      return
    }
    const type = kind === 'manifests' ? { 'content-type': top.mediaType } : {}
    response.writeHead(200, type).end(readFileSync(join(layout, 'blobs/sha256', name)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  servers.push(server)
  const address = server.address()
  return `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}

const OPTIONS = {
  insecureRegistry: true,
  registry: { silenceMs: 300, backoffMs: 1, certificates: [] },
} as const

async function textOf(location: string, path = '/etc/a'): Promise<string> {
  await using image = await openContainer(location, OPTIONS)
  const { id } = await walkPath(image.fileSystem, path, { lastLink: 'follow' })
  return Buffer.from(await readFile(image.fileSystem, id, { path, limitBytes: 1e6 })).toString('latin1')
}

const has =
  (code: string, words = /./) =>
  (error: unknown): boolean =>
    isAnnealError(error, code) && words.test(error.message)
const login = (host: string, more: object = { auth: Buffer.from('me:secret').toString('base64') }): void =>
  writeFileSync(AUTH, JSON.stringify({ auths: { [host]: more } }))
const isBlob = ({ pathname }: URL): boolean => pathname.includes('/blobs/')

describe('an image in a registry', () => {
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections()
      server.close()
    }
    rmSync(AUTH, { force: true })
  })

  test('an image is read by tag and by digest, and nothing is sent but what was asked for', async () => {
    const host = await registry()
    assert.equal(await textOf(`docker://${host}/team/os:1`), 'from a registry')
    assert.equal(await textOf(`docker://${host}/team/os@${top.digest}`), 'from a registry')
    await assert.rejects(
      textOf(`docker://${host}/team/os`),
      has('CONTAINER_IMAGE_NOT_FOUND', /team\/os\/manifests\/latest/),
    )
    await assert.rejects(textOf('docker://UPPER CASE'), has('IMAGE_REFERENCE_INVALID'))
  })

  test('a registry that wants a password gets that of the auth file, and nobody else gets it', async () => {
    const seen: (string | undefined)[] = []
    const other = await registry((request) => {
      seen.push(request.headers.authorization)
      return false
    })
    const host = await registry((request, response, url) => {
      if (request.headers.authorization !== `Basic ${Buffer.from('me:secret').toString('base64')}`) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()
        return true
      }
      if (!isBlob(url)) return false
      response.writeHead(307, { location: `http://${other}${url.pathname}?signature=hush` }).end()
      return true
    })
    await assert.rejects(
      textOf(`docker://${host}/team/os:1`),
      has('CONTAINER_REGISTRY_DENIED', /without a login/),
    )
    login(host)
    assert.equal(await textOf(`docker://${host}/team/os:1`), 'from a registry')
    assert.deepEqual([...new Set(seen)], [undefined])
    login(host, { auth: Buffer.from('me:wrong').toString('base64') })
    await assert.rejects(textOf(`docker://${host}/team/os:1`), (error) => {
      assert.ok(isAnnealError(error, 'CONTAINER_REGISTRY_DENIED'))
      assert.ok(!`${error.stack}${JSON.stringify(error.data)}`.includes('wrong'))
      return true
    })
  })

  for (const [kind, entry, expected] of [
    ['a password', { auth: Buffer.from('me:secret').toString('base64') }, 'GET'],
    ['a refresh token', { identitytoken: 'secret' }, 'POST'],
    ['nothing', {}, 'GET'],
  ] as const) {
    test(`a token server is asked with ${kind}, for this repository alone`, async () => {
      const asked: string[] = []
      const tokens = await registry((request, response, url) => {
        const scope = url.searchParams.get('scope')
        asked.push(
          `${request.method} ${scope ?? 'in the body'} ${request.headers.authorization === undefined ? 'open' : 'login'}`,
        )
        response.writeHead(200).end(JSON.stringify({ token: 't0ken' }))
        return true
      })
      const host = await registry((request, response) => {
        if (request.headers.authorization === 'Bearer t0ken') return false
        const challenge = `Bearer realm="http://${tokens}/token",service="reg",scope="repository:team/os:pull"`
        response.writeHead(401, { 'www-authenticate': challenge }).end()
        return true
      })
      login(host, entry)
      assert.equal(await textOf(`docker://${host}/team/os:1`), 'from a registry')
      const how = kind === 'a password' ? 'login' : 'open'
      const scope = expected === 'POST' ? 'in the body' : 'repository:team/os:pull'
      assert.deepEqual(asked, [`${expected} ${scope} ${how}`])
    })
  }

  test('a registry that takes no token of its token server is not asked again and again', async () => {
    let given = 0
    let asked = 0
    const tokens = await registry((_request, response) => {
      given += 1
      response.writeHead(200).end(JSON.stringify({ token: `t0ken-${given}` }))
      return true
    })
    const host = await registry((_request, response) => {
      asked += 1
      response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${tokens}/token"` }).end('{}')
      return asked < 100
    })
    await assert.rejects(
      textOf(`docker://${host}/team/os:1`),
      has('CONTAINER_REGISTRY_DENIED', /without a login/),
    )
    assert.ok(asked < 5, `${asked} times`)
  })

  test(
    'a registry that sends a byte now and then is an error after its time',
    { timeout: 60_000 },
    async () => {
      const host = await registry((_request, response, url) => {
        if (url.pathname === '/v2/') return false
        response.writeHead(200, { 'content-length': 100_000 })
        const drip = setInterval(() => response.write('{'), 50)
        response.on('close', () => clearInterval(drip))
        return true
      })
      await assert.rejects(
        textOf(`docker://${host}/team/os:1`),
        has('CONTAINER_REGISTRY_FAILED', /too slowly/),
      )
    },
  )

  test('a blob that stops is continued, with and without ranges', async () => {
    for (const knowsRanges of [true, false]) {
      let sent = 0
      const host = await registry((request, response, url) => {
        if (!isBlob(url)) return false
        const bytes = readFileSync(join(layout, 'blobs/sha256', url.pathname.split(':')[1] ?? ''))
        const from = knowsRanges ? Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0) : 0
        if (bytes.length < 100_000) return false
        sent += 1
        response.writeHead(from > 0 ? 206 : 200, { 'content-length': bytes.length - from })
        // Twice it ends in the middle.
        if (sent > 2) response.end(bytes.subarray(from))
        else response.write(bytes.subarray(from, from + 50_000 * sent), () => response.destroy())
        return true
      })
      assert.equal((await textOf(`docker://${host}/team/os:1`, '/large')).length, 600_000)
      assert.ok(sent >= 3)
    }
  })

  test('a registry that falls silent is an error after its time', { timeout: 20_000 }, async () => {
    for (const silent of [(url: URL) => !isBlob(url), isBlob]) {
      const host = await registry((_request, response, url) => {
        if (url.pathname === '/v2/' || !silent(url)) return false
        response.writeHead(200, { 'content-length': 1000 }).write('x')
        return true
      })
      await assert.rejects(
        textOf(`docker://${host}/team/os:1`),
        has('CONTAINER_REGISTRY_FAILED', /nothing more/),
      )
    }
  })

  test('what a registry sends is held to its digest, the first time and the second', async () => {
    const spoilt = Buffer.from(LAYER)
    const host = await registry((_request, response, url) => {
      if (!isBlob(url)) return false
      response.writeHead(200).end(spoilt)
      return true
    })
    await assert.rejects(textOf(`docker://${host}/team/os:1`), has('CONTAINER_SIZE_MISMATCH'))
    const lying = await registry((_request, response, url) => {
      if (isBlob(url)) return false
      response.writeHead(200, { 'docker-content-digest': `sha256:${'0'.repeat(64)}` }).end('{}')
      return true
    })
    await assert.rejects(textOf(`docker://${lying}/team/os:1`), has('CONTAINER_DIGEST_MISMATCH'))
  })

  test('an error of the server is tried again, a redirection in a circle is not', async () => {
    let asked = 0
    const busy = await registry((_request, response, url) => {
      if (url.pathname === '/v2/') return false
      asked += 1
      if (asked > 2) return false
      response.writeHead(503).end()
      return true
    })
    assert.equal(await textOf(`docker://${busy}/team/os:1`), 'from a registry')
    const circle = await registry((_request, response, url) => {
      if (!isBlob(url)) return false
      response.writeHead(302, { location: url.pathname }).end()
      return true
    })
    await assert.rejects(
      textOf(`docker://${circle}/team/os:1`),
      has('CONTAINER_REGISTRY_FAILED', /redirects/),
    )
  })

  test('without the flag, plain http is never used', async () => {
    const host = await registry()
    await assert.rejects(
      openContainer(`docker://${host}/team/os:1`, { registry: OPTIONS.registry }),
      has('CONTAINER_REGISTRY_FAILED'),
    )
  })
})
