import assert from 'node:assert/strict'
import { afterEach, describe, test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import type { AnnealError } from '../../core/index.ts'
import type { Cloud } from './cloud.ts'
import { openHttp } from './http.ts'
import { openSession } from './session.ts'
import type { Session } from './session.ts'
import { FakeCloud, keystone } from './testing/fake-cloud.ts'
import type { Responder } from './testing/fake-cloud.ts'

const started: FakeCloud[] = []
describe('a session with Keystone', () => {
  afterEach(async () => {
    for (const cloud of started.splice(0)) await cloud.stop()
  })

  async function fake(...responders: Responder[]): Promise<FakeCloud> {
    const cloud = await FakeCloud.start(...responders)
    started.push(cloud)
    return cloud
  }

  const SCOPE = { projectName: 'demo', projectDomainName: 'Default' }

  function withPassword(url: string, more: Partial<Cloud> = {}): Cloud {
    const auth = {
      kind: 'password',
      authUrl: url,
      username: 'ada',
      userDomainName: 'Default',
      password: 'hunter22',
      scope: SCOPE,
    } as const
    return { name: 'test', auth, interface: 'public', endpoints: {}, ...more }
  }

  function open(cloud: Cloud): Session {
    return openSession(cloud, openHttp({ retryMs: 1, timeoutMs: 2000 }))
  }

  function failsWith(code: string, check: (error: AnnealError) => void = () => undefined) {
    return (error: unknown) => {
      assert.ok(isAnnealError(error, code), String(error))
      check(error)
      return true
    }
  }

  const LIST = { service: 'image', action: 'list images', method: 'GET', path: '/v2/images' } as const

  describe('a login', () => {
    test('with a password is scoped to the project, and the token goes to the service of the catalogue', async () => {
      const cloud = await fake((request) =>
        request.path === '/v2/images' ? { json: { images: [] } } : undefined,
      )
      cloud.add(keystone([{ type: 'image', url: `${cloud.url}/v2/` }]))
      await open(withPassword(`${cloud.url}/v3`)).send(LIST)
      const [login, list] = cloud.requests
      assert.deepEqual(JSON.parse(login?.body.toString() ?? ''), {
        auth: {
          identity: {
            methods: ['password'],
            password: { user: { name: 'ada', domain: { name: 'Default' }, password: 'hunter22' } },
          },
          scope: { project: { name: 'demo', domain: { name: 'Default' } } },
        },
      })
      assert.equal(list?.headers['x-auth-token'], 'token-1')
    })

    test('with an application credential has no scope of its own', async () => {
      const cloud = await fake((request) => (request.path === '/v2/images' ? { json: {} } : undefined))
      cloud.add(keystone([{ type: 'image', url: cloud.url }]))
      const auth = {
        kind: 'applicationCredential',
        authUrl: cloud.url,
        id: 'ac1',
        secret: 'sesame-open',
      } as const
      await open({ name: 'test', auth, interface: 'public', endpoints: {} }).send(LIST)
      assert.deepEqual(JSON.parse(cloud.requests[0]?.body.toString() ?? ''), {
        auth: {
          identity: {
            methods: ['application_credential'],
            application_credential: { id: 'ac1', secret: 'sesame-open' },
          },
        },
      })
    })

    test('that is refused tells who, the server’s words and the request, and no password', async () => {
      const cloud = await fake(keystone([], { password: 'right-one' }))
      await assert.rejects(
        open(withPassword(cloud.url)).send(LIST),
        failsWith('OPENSTACK_LOGIN_REFUSED', (error) => {
          assert.match(
            error.message,
            /user "ada": The request you have made requires authentication.*req-login/,
          )
          assert.doesNotMatch(JSON.stringify(error.data) + error.message, /hunter22/)
        }),
      )
    })

    test('is repeated once when a service does not take the token any longer', async () => {
      const cloud = await fake((request) =>
        request.path !== '/v2/images'
          ? undefined
          : request.headers['x-auth-token'] === 'token-2'
            ? { json: { images: [] } }
            : { status: 401, text: 'Authentication required' },
      )
      cloud.add(keystone([{ type: 'image', url: cloud.url }]))
      const reply = await open(withPassword(cloud.url)).send(LIST)
      assert.equal(reply.status, 200)
      assert.deepEqual(
        cloud.requests.map((one) => one.path),
        ['/v3/auth/tokens', '/v2/images', '/v3/auth/tokens', '/v2/images'],
      )
    })

    test('that the service refuses twice is an error, not a loop', async () => {
      const cloud = await fake((request) =>
        request.path === '/v2/images' ? { status: 401, text: 'Authentication required' } : undefined,
      )
      cloud.add(keystone([{ type: 'image', url: cloud.url }]))
      await assert.rejects(open(withPassword(cloud.url)).send(LIST), failsWith('OPENSTACK_FORBIDDEN'))
      assert.equal(cloud.requests.length, 4)
    })

    test('is renewed before bytes are streamed with a token that has little time left', async () => {
      const cloud = await fake((request) => (request.method === 'PUT' ? { status: 204 } : undefined))
      const soon = new Date(Date.now() + 60_000).toISOString()
      cloud.add(keystone([{ type: 'image', url: cloud.url }], { expiresAt: soon }))
      const session = open(withPassword(cloud.url))
      await session.endpoint('image', 'upload')
      await session.send({ ...LIST, method: 'PUT', bytes: bytesOf('abc') })
      assert.equal(cloud.requests.at(-1)?.headers['x-auth-token'], 'token-2')
    })

    test('over http_basic asks no Keystone', async () => {
      const cloud = await fake(() => ({ json: {} }))
      const auth = {
        kind: 'httpBasic',
        endpoint: cloud.url,
        username: 'metal',
        password: 'pass:word',
      } as const
      await open({ name: 'test', auth, interface: 'public', endpoints: {} }).send({
        service: 'baremetal',
        action: 'read',
        method: 'GET',
        path: '/v1',
      })
      const expected = `Basic ${Buffer.from('metal:pass:word').toString('base64')}`
      assert.equal(cloud.requests[0]?.headers.authorization, expected)
    })
  })

  describe('the catalogue', () => {
    test('without the service is reported with the services it has, before any request', async () => {
      const cloud = await fake(keystone([{ type: 'volumev3', url: 'http://x' }]))
      await assert.rejects(
        open(withPassword(cloud.url)).send(LIST),
        failsWith('OPENSTACK_SERVICE_MISSING', (error) => assert.match(error.message, /only volumev3/)),
      )
    })

    test('with the service in another region only says which', async () => {
      const cloud = await fake(keystone([{ type: 'image', region: 'North', url: 'http://x' }]))
      await assert.rejects(
        open(withPassword(cloud.url, { region: 'South' })).send(LIST),
        failsWith('OPENSTACK_SERVICE_MISSING', (error) => assert.match(error.message, /public in North/)),
      )
    })

    test('with several regions and none chosen refuses to choose one', async () => {
      const cloud = await fake(
        keystone([
          { type: 'image', region: 'North', url: 'http://n' },
          { type: 'image', region: 'South', url: 'http://s' },
        ]),
      )
      await assert.rejects(open(withPassword(cloud.url)).send(LIST), failsWith('OPENSTACK_SERVICE_MISSING'))
    })

    test('gives the root of an API whose endpoint has the version and the project in it', async () => {
      const url = 'http://nova:8774/v2.1/0123456789abcdef0123456789abcdef'
      const cloud = await fake(keystone([{ type: 'compute', url }]))
      const endpoint = await open(withPassword(cloud.url)).endpoint('compute', 'x')
      assert.equal(endpoint, 'http://nova:8774')
    })

    test('is not asked where the endpoint is overridden', async () => {
      const cloud = await fake((request) => (request.path === '/own/v2/images' ? { json: {} } : undefined))
      cloud.add(keystone([]))
      const session = open(withPassword(cloud.url, { endpoints: { image: `${cloud.url}/own` } }))
      assert.equal((await session.send(LIST)).status, 200)
    })
  })

  describe('a request', () => {
    const none = (url: string): Cloud => ({
      name: 'test',
      auth: { kind: 'none', endpoint: url },
      interface: 'public',
      endpoints: { image: url },
    })

    test('that only reads is sent again after a failure that passes', async () => {
      let asked = 0
      const cloud = await fake(() => {
        asked += 1
        // The fake looks for its answer twice a request.
        return asked <= 4 ? { status: 503, text: 'busy' } : { json: { images: [] } }
      })
      assert.equal((await open(none(cloud.url)).send(LIST)).status, 200)
      assert.equal(cloud.requests.length, 3)
    })

    test('that changes something is sent once', async () => {
      const cloud = await fake(() => ({ status: 503, text: 'busy' }))
      await assert.rejects(
        open(none(cloud.url)).send({ ...LIST, method: 'POST', json: {} }),
        failsWith('OPENSTACK_FAILED'),
      )
      assert.equal(cloud.requests.length, 1)
    })

    test('to a service that hangs up is unreachable after its retries', async () => {
      const cloud = await fake(() => ({ hangUp: true }))
      await assert.rejects(open(none(cloud.url)).send(LIST), failsWith('OPENSTACK_UNREACHABLE'))
      assert.equal(cloud.requests.length, 4)
    })

    test('to a port without a listener is an error that says so', async () => {
      const cloud = await fake()
      const url = cloud.url
      await cloud.stop()
      started.length = 0
      await assert.rejects(
        open(none(url)).send(LIST),
        failsWith('OPENSTACK_UNREACHABLE', (error) => assert.match(error.message, /ECONNREFUSED/)),
      )
    })

    test('that is cancelled ends with the reason of the cancellation', async () => {
      const cloud = await fake(() => ({ status: 503 }))
      const reason = new Error('enough')
      await assert.rejects(
        open(none(cloud.url)).send({ ...LIST, signal: AbortSignal.abort(reason) }),
        (error) => error === reason,
      )
    })

    test('whose answer is no JSON tells what came instead', async () => {
      const cloud = await fake(() => ({ text: '<html>proxy</html>' }))
      const reply = await open(none(cloud.url)).send(LIST)
      assert.throws(
        () => reply.json(),
        failsWith('OPENSTACK_REPLY_INVALID', (error) => assert.match(error.message, /a page of HTML/)),
      )
    })

    test('whose refusal repeats a secret shows asterisks', async () => {
      const cloud = await fake(() => ({
        status: 400,
        json: { error_message: { faultstring: 'bad value s3cr3t!' } },
      }))
      await assert.rejects(
        open(none(cloud.url)).send({ ...LIST, method: 'PATCH', secrets: ['s3cr3t!'] }),
        failsWith('OPENSTACK_REFUSED', (error) => assert.match(error.message, /bad value \*\*\*/)),
      )
    })
  })

  async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
    yield Buffer.from(text)
  }
})
