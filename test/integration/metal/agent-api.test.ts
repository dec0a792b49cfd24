/**
 * What the conductor answers to who calls itself ironic-python-agent, over HTTP. agent.test.ts has the real agent.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { openConductor } from '../../../src/app/conductor/index.ts'
import type { Verb } from '../../../src/conductor/index.ts'
import { serveConductor } from '../../../src/server/index.ts'

const MAC = '52:54:00:00:00:01'

type Answer = Readonly<{ status: number; headers: NodeJS.Dict<string | string[]>; body: Buffer }>

type Asked = Readonly<{ version?: string; from?: string; body?: unknown; method?: string }>

describe('the address for machines of a conductor', () => {
  const bed = new AsyncDisposableStack()
  let port = 0
  let uuid = ''
  let token = ''

  before(async () => {
    const directory = mkdtempSync(join(tmpdir(), 'anneal-agent-api-'))
    bed.defer(() => rmSync(directory, { recursive: true }))
    const { conductor } = bed.use(
      await openConductor({
        stateDirectory: directory,
        url: 'http://conductor',
        ramdiskArguments: [],
        deployRamdisks: {},
        agents: {},
        host: 'conductor',
        wipes: 'disks',
        parallel: 1,
        powerSyncMs: 0,
        staggerMs: 0,
        say: () => undefined,
        onFault: (error) => assert.fail(String(error)),
      }),
    )
    const served = bed.use(
      await serveConductor(conductor, {
        api: { address: '127.0.0.1', port: 0 },
        machines: { address: '127.0.0.1', port: 0 },
        files: {},
        say: (text) => assert.fail(text),
      }),
    )
    port = served.machines.port
    const machine = conductor.machines.create({
      name: 'one',
      driver: 'manual-management',
      driverInfo: {
        wol_host: '127.0.0.1',
        deploy_kernel: import.meta.filename,
        deploy_ramdisk: 'http://elsewhere/initrd',
      },
      properties: {},
      extra: {},
      instanceInfo: {},
      deployInterface: 'direct',
    })
    uuid = machine.uuid
    conductor.machines.createPort(machine, { address: MAC, pxeEnabled: true, extra: {} })
    const reached = async (verb: Verb, state: string): Promise<void> => {
      await conductor.ask(conductor.machines.find(uuid), verb)
      while (conductor.machines.find(uuid).provisionState !== state) await setImmediate()
    }
    await reached('manage', 'manageable')
    while (conductor.isWorking(machine)) await setImmediate()
    await reached('inspect', 'inspect wait')
    const script = (await ask(`/boot/ipxe?mac=${MAC}`)).body.toString()
    token = /ipa-agent-token=(\S+)/.exec(script)?.[1] ?? assert.fail(script)
  })
  after(() => bed.disposeAsync())

  const ask = (path: string, { version = '1.68', from, body, method }: Asked = {}): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const asked = request(
        {
          host: '127.0.0.1',
          port,
          agent: false,
          path,
          method: method ?? (body === undefined ? 'GET' : 'POST'),
          headers: { 'x-openstack-ironic-api-version': version },
          ...(from === undefined ? {} : { localAddress: from }),
        },
        (response) => {
          const parts: Buffer[] = []
          response.on('data', (part: Buffer) => parts.push(part))
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: Buffer.concat(parts),
            }),
          )
        },
      )
      asked.on('error', reject)
      asked.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body))
    })

  const beat = (changes: Readonly<Record<string, unknown>>, more: Asked = {}): Promise<Answer> =>
    ask(`/v1/heartbeat/${uuid}`, {
      body: {
        callback_url: 'http://127.0.0.1:9999',
        agent_token: token,
        agent_version: '10.2.0',
        ...changes,
      },
      ...more,
    })

  const told = ({ status, body }: Answer): string => {
    const { error_message: text } = JSON.parse(body.toString()) as { error_message: string }
    const { faultstring } = JSON.parse(text) as { faultstring: string }
    return `${status} ${/\(([A-Z_]+)\)/.exec(faultstring)?.[1] ?? faultstring}`
  }

  test('tells the versions of Ironic’s API, and refuses one that it does not speak', async () => {
    const root = JSON.parse((await ask('/')).body.toString()) as { default_version: { version: string } }
    assert.equal(root.default_version.version, '1.115')
    assert.equal((await ask(`/v1/lookup?addresses=${MAC}`, { version: '1.199' })).status, 406)
    assert.equal((await ask('/v1/nodes')).status, 404)
  })

  for (const [what, path, asked, answer] of [
    [
      'no address',
      '/v1/lookup',
      {},
      '400 At least one of "addresses" and "node_uuid" is needed to look a machine up',
    ],
    ['an address of nobody', '/v1/lookup?addresses=52:54:00:00:00:99', {}, '404 AGENT_LOOKUP_UNKNOWN'],
    ['no address, but words', '/v1/lookup?addresses=%00,..', {}, '404 AGENT_LOOKUP_UNKNOWN'],
    ['a uuid of nobody', '/v1/lookup?node_uuid=1', {}, '404 AGENT_LOOKUP_UNKNOWN'],
    ['a version without lookup', `/v1/lookup?addresses=${MAC}`, { version: '1.21' }, '400 REQUEST_INVALID'],
    ['a version without tokens', `/v1/lookup?addresses=${MAC}`, { version: '1.61' }, '400 AGENT_TOO_OLD'],
  ] as const) {
    test(`answers a lookup with ${what}: ${answer}`, async () => {
      assert.equal(told(await ask(path, asked)), answer)
    })
  }

  for (const [what, changes, answer] of [
    ['no token', { agent_token: undefined }, '400 REQUEST_INVALID'],
    ['a token that is no text', { agent_token: 7 }, '400 REQUEST_INVALID'],
    ['another token', { agent_token: 'another' }, '403 AGENT_TOKEN_INVALID'],
    ['no callback', { callback_url: undefined }, '400 REQUEST_INVALID'],
    ['another host to call', { callback_url: 'http://10.0.0.1:22' }, '400 AGENT_HEARTBEAT_INVALID'],
    ['a path to call', { callback_url: 'http://127.0.0.1:9999/v1?x=' }, '400 AGENT_HEARTBEAT_INVALID'],
    [
      'HTTPS without a certificate',
      { callback_url: 'https://127.0.0.1:9999' },
      '400 AGENT_HEARTBEAT_INVALID',
    ],
  ] as const) {
    test(`answers a heartbeat with ${what}: ${answer}`, async () => {
      assert.equal(told(await beat(changes)), answer)
    })
  }

  test('refuses a heartbeat that is no JSON, one of nobody, and one that is too large', async () => {
    assert.equal(told(await ask(`/v1/heartbeat/${uuid}`, { body: '{' })), '400 REQUEST_INVALID')
    assert.equal(
      told(
        await ask('/v1/heartbeat/nobody', { body: { callback_url: 'http://127.0.0.1', agent_token: 'x' } }),
      ),
      '404 MACHINE_UNKNOWN',
    )
    const large = await beat({ agent_verify_ca: 'x'.repeat(2 ** 21) }).catch(() => 'ended')
    if (large !== 'ended') assert.equal((large as Answer).status, 413)
  })

  test('serves the kernel of the agent as driver_info names it, and no ramdisk that is elsewhere', async () => {
    const kernel = await ask(`/boot/agent/${uuid}/kernel`)
    assert.match(kernel.body.toString(), /^\/\*\*/)
    for (const path of [`${uuid}/ramdisk`, `${uuid}/passwd`, '1/kernel', '..%2f..%2fetc/kernel']) {
      assert.equal((await ask(`/boot/agent/${path}`)).status, 404, path)
    }
  })

  test('gives nobody a file whose secret he does not have', async () => {
    for (const path of ['image', 'config-drive']) {
      const { status, body } = await ask(`/agent/${'0'.repeat(64)}/${path}`)
      assert.deepEqual([status, /AGENT_TOKEN_INVALID/.test(body.toString())], [403, true])
    }
    assert.equal((await ask(`/agent/${token}/kernel`)).status, 404)
  })

  test('accepts an agent, then no other address and no other certificate with its token', async () => {
    assert.equal((await beat({})).status, 202)
    assert.equal((await beat({})).status, 202)
    const elsewhere = await beat({ callback_url: 'http://127.0.0.2:9999' }, { from: '127.0.0.2' })
    assert.equal(told(elsewhere), '403 AGENT_TOKEN_INVALID')
    assert.equal(told(await beat({ callback_url: 'http://127.0.0.1:9998' })), '403 AGENT_TOKEN_INVALID')
    assert.equal(told(await beat({ agent_version: '6.4.0' })), '400 AGENT_TOO_OLD')
  })
})
