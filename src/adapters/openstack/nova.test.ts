import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import type { Compute } from '../../ports/index.ts'
import type { Cloud } from './cloud.ts'
import { openHttp } from './http.ts'
import { nova } from './nova.ts'
import { openSession } from './session.ts'
import { FakeCloud, keystone } from './testing/fake-cloud.ts'
import type { Responder } from './testing/fake-cloud.ts'

const clouds: FakeCloud[] = []

after(async () => {
  await Promise.all(clouds.map((one) => one.stop()))
})

/** As Nova 26 tells of itself; what it answers else is the test's. */
function speaking(version: string): Responder {
  return ({ path }) =>
    path === '/v2.1/'
      ? { json: { version: { id: 'v2.1', status: 'CURRENT', version, min_version: '2.1' } } }
      : undefined
}

async function open(...responders: readonly Responder[]): Promise<{ compute: Compute; cloud: FakeCloud }> {
  const cloud = await FakeCloud.start()
  clouds.push(cloud)
  for (const one of [keystone([{ type: 'compute', url: `${cloud.url}/v2.1` }]), ...responders]) cloud.add(one)
  const login: Cloud = {
    name: 'test',
    auth: { kind: 'password', authUrl: cloud.url, username: 'u', password: 'pass-word', scope: {} },
    interface: 'public',
    endpoints: {},
  }
  return { compute: nova(openSession(login, openHttp({ retryMs: 1 }))), cloud }
}

const SERVER = {
  id: 'aaaa',
  name: 's',
  status: 'ERROR',
  created: '2026-01-01T00:00:00Z',
  metadata: { anneal_deployment: 'd' },
  'OS-EXT-STS:task_state': null,
  fault: { code: 500, message: 'No valid host was found. ', created: '2026-01-01T00:00:00Z' },
}

const SPEC = {
  name: 's',
  image: 'i',
  flavor: 'f',
  node: 'n',
  networks: 'none',
  configDrive: 'wanted',
  userData: 'hunter22',
  key: 'k',
  metadata: {},
  secrets: ['hunter22'],
} as const

describe('the version of Nova’s API', () => {
  test('is the newest of both, and too old a one is refused', async () => {
    for (const [offered, spoken] of [
      ['2.96', 'compute 2.93'],
      ['2.79', 'compute 2.79'],
    ] as const) {
      const { compute, cloud } = await open(speaking(offered), () => ({ json: { server: SERVER } }))
      await compute.server('aaaa')
      assert.equal(cloud.requests.at(-1)?.headers['openstack-api-version'], spoken)
    }
    for (const old of ['2.60', '']) {
      const { compute } = await open(speaking(old))
      await assert.rejects(compute.server('aaaa'), (error) => isAnnealError(error, 'OPENSTACK_TOO_OLD'))
    }
  })
})

describe('a server', () => {
  test('is read with what it failed of; one that is not there is undefined', async () => {
    const { compute } = await open(speaking('2.93'), ({ path }) =>
      path === '/v2.1/servers/aaaa' ? { json: { server: SERVER } } : undefined,
    )
    const server = await compute.server('aaaa')
    assert.deepEqual([server?.status, server?.fault], ['ERROR', 'No valid host was found. '])
    assert.equal(server?.task, undefined)
    assert.equal(await compute.server('bbbb'), undefined)
  })

  test('is found by its mark, on any page', async () => {
    const { compute } = await open(speaking('2.93'), ({ query }) => {
      const marker = query.get('marker')
      if (marker === null) return { json: { servers: [{ ...SERVER, metadata: {} }] } }
      return { json: { servers: marker === 'aaaa' ? [{ ...SERVER, id: 'bbbb' }] : [] } }
    })
    const found = await compute.marked('anneal_deployment', 'd')
    assert.deepEqual(
      found.map((one) => one.id),
      ['bbbb'],
    )
  })

  test('is asked for on one node, and a refusal keeps Nova’s words and request id, and no secret', async () => {
    const { compute, cloud } = await open(speaking('2.93'), ({ method, body }) =>
      method === 'POST' && body.length > 0
        ? {
            status: 400,
            headers: { 'x-compute-request-id': 'req-nova' },
            json: { badRequest: { code: 400, message: `Invalid: ${body.toString()} hunter22` } },
          }
        : undefined,
    )
    await assert.rejects(compute.createServer(SPEC), (error) => {
      assert.ok(isAnnealError(error, 'OPENSTACK_REFUSED'), String(error))
      assert.match(error.message, /Invalid.*\[request req-nova\]/)
      assert.doesNotMatch(error.message, /hunter22/)
      return true
    })
    const asked = JSON.parse(String(cloud.requests.at(-1)?.body)) as { server: Record<string, unknown> }
    assert.equal(asked.server['hypervisor_hostname'], 'n')
    assert.equal(asked.server['networks'], 'none')
    assert.equal(asked.server['user_data'], Buffer.from('hunter22').toString('base64'))
    // Asked once: a server is not asked for again without looking.
    assert.equal(cloud.requests.filter((one) => one.path === '/v2.1/servers').length, 1)
  })

  test('beyond a quota is reported as a quota error', async () => {
    const { compute } = await open(speaking('2.93'), ({ method }) =>
      method === 'POST'
        ? {
            status: 403,
            json: { forbidden: { code: 403, message: 'Quota exceeded for cores: Requested 2, but' } },
          }
        : undefined,
    )
    await assert.rejects(compute.createServer(SPEC), (error) => isAnnealError(error, 'OPENSTACK_QUOTA'))
  })

  test('that is gone already is removed', async () => {
    const { compute } = await open(speaking('2.93'))
    await compute.removeServer('aaaa')
  })
})

describe('a flavor', () => {
  const FLAVORS = [
    { id: '1', name: 'metal', disk: 2, extra_specs: { 'resources:VCPU': '0' } },
    { id: 'metal', name: 'other', disk: 0 },
    { id: '3', name: 'twice', disk: 0 },
    { id: '4', name: 'twice', disk: 0 },
  ]
  test('is found by id, else by name; several of a name are refused', async () => {
    const { compute } = await open(speaking('2.93'), ({ path, query }) =>
      path === '/v2.1/flavors/detail'
        ? { json: { flavors: query.get('marker') === null ? FLAVORS : [] } }
        : undefined,
    )
    assert.equal((await compute.flavor('metal')).name, 'other')
    assert.deepEqual((await compute.flavor('1')).extraSpecs, { 'resources:VCPU': '0' })
    assert.equal((await compute.flavor('other')).extraSpecs, undefined)
    await assert.rejects(compute.flavor('twice'), (error) => isAnnealError(error, 'OPENSTACK_AMBIGUOUS'))
    await assert.rejects(compute.flavor('none'), (error) => isAnnealError(error, 'OPENSTACK_NAME_UNKNOWN'))
  })
})

describe('a key pair', () => {
  test('that is there already is left as it is', async () => {
    const { compute } = await open(speaking('2.93'), ({ method, path }) => {
      if (method === 'GET' && path.startsWith('/v2.1/os-keypairs/')) return { status: 404, json: {} }
      return method === 'POST'
        ? { status: 409, json: { conflictingRequest: { message: 'exists' } } }
        : undefined
    })
    assert.equal(await compute.hasKey('k'), false)
    await compute.keepKey('k', 'ssh-ed25519 AAAA')
  })
})
