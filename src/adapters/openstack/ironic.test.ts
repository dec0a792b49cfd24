import assert from 'node:assert/strict'
import { afterEach, describe, test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import type { BareMetal } from './bare-metal.ts'
import { openHttp } from './http.ts'
import { ironic } from './ironic.ts'
import { openSession } from './session.ts'
import { FakeCloud } from './testing/fake-cloud.ts'
import type { FakeAnswer, Responder } from './testing/fake-cloud.ts'

const started: FakeCloud[] = []
describe('the client of Ironic', () => {
  afterEach(async () => {
    for (const cloud of started.splice(0)) await cloud.stop()
  })

  const VERSION = 'x-openstack-ironic-api-version'

  function speaking(maximum: string): Responder {
    return (request) =>
      request.path === '/v1'
        ? { json: { id: 'v1' }, headers: { 'x-openstack-ironic-api-maximum-version': maximum } }
        : undefined
  }

  async function open(...responders: Responder[]): Promise<{ metal: BareMetal; cloud: FakeCloud }> {
    const cloud = await FakeCloud.start(...responders)
    started.push(cloud)
    const session = openSession(
      { name: 'test', auth: { kind: 'none', endpoint: cloud.url }, interface: 'public', endpoints: {} },
      openHttp({ retryMs: 1, timeoutMs: 2000 }),
    )
    return { metal: ironic(session, { lockedWaitMs: 1 }), cloud }
  }

  /** As Ironic 21.4 shows a node, with what matters here. */
  const NODE = {
    uuid: '11111111-1111-4111-8111-111111111111',
    name: 'node0',
    driver: 'ipmi',
    provision_state: 'deploying',
    target_provision_state: 'active',
    power_state: 'power on',
    target_power_state: null,
    maintenance: false,
    maintenance_reason: null,
    last_error: null,
    reservation: 'conductor-1',
    deploy_step: { interface: 'deploy', step: 'write_image', priority: 80, argsinfo: null },
    clean_step: {},
    driver_info: { ipmi_password: '******' },
    properties: { local_gb: 3 },
    instance_info: { kernel: 'k' },
    extra: {},
    traits: [],
    console_enabled: false,
    deploy_interface: 'direct',
  }

  describe('a driver', () => {
    const scoped = (): FakeAnswer => ({
      status: 500,
      json: {
        error_message: {
          faultstring:
            "baremetal:driver:get requires a scope of ['system'], request was made with project scope.",
        },
      },
    })

    test('that the login is not shown is hidden, and asked for once', async () => {
      const { metal, cloud } = await open(speaking('1.96'), scoped)
      assert.equal(await metal.driver('ipmi'), 'hidden')
      assert.equal(cloud.requests.filter((one) => one.path.startsWith('/v1/drivers')).length, 1)
    })
  })

  test('its rules of kernel arguments and its registries follow from the newest version that it offers', async () => {
    for (const [version, rules] of [
      ['1.82', 'upTo29'],
      ['1.96', 'upTo29'],
      ['1.99', undefined],
      ['1.111', 'from35'],
      ['1.115', 'from35'],
    ] as const) {
      const { metal } = await open(speaking(version))
      assert.equal(await metal.argumentRules(), rules, version)
      assert.equal(await metal.takesArtifacts(), version !== '1.82', version)
    }
  })

  describe('a list of nodes', () => {
    test('asks for nodes with a parent where there can be any', async () => {
      for (const [version, asked] of [
        ['1.96', 'True'],
        ['1.82', null],
      ] as const) {
        const { metal, cloud } = await open(speaking(version), () => ({ json: { nodes: [NODE] } }))
        assert.equal((await metal.nodes()).length, 1)
        assert.equal(cloud.requests.at(-1)?.query.get('include_children'), asked)
      }
    })

    test('that is empty is held to the nodes whose ports are there', async () => {
      const { metal } = await open(speaking('1.82'), ({ path }) => {
        if (path === '/v1/nodes/detail') return { json: { nodes: [] } }
        if (path === '/v1/ports')
          return { json: { ports: [{ uuid: 'p', node_uuid: NODE.uuid, address: 'a' }] } }
        return path === `/v1/nodes/${NODE.uuid}` ? { json: NODE } : undefined
      })
      assert.deepEqual(
        (await metal.nodes()).map((one) => one.name),
        ['node0'],
      )
    })
  })

  describe('the version of the API', () => {
    test('is the newest of Anneal where the server is newer', async () => {
      const { metal, cloud } = await open(speaking('1.113'), () => ({ json: NODE }))
      await metal.node('node0')
      assert.equal(cloud.requests.at(-1)?.headers[VERSION], '1.95')
    })

    test('is the server’s where that is older', async () => {
      const { metal } = await open(speaking('1.58'))
      assert.equal(await metal.version(), '1.58')
    })

    test('too old for a config drive is refused', async () => {
      const { metal } = await open(speaking('1.46'))
      await assert.rejects(metal.version(), (error) => isAnnealError(error, 'OPENSTACK_TOO_OLD'))
    })

    test('of a service that is not Ironic is an error that says so', async () => {
      const { metal } = await open(() => ({ json: {} }))
      await assert.rejects(metal.version(), (error) => isAnnealError(error, 'OPENSTACK_REPLY_INVALID'))
    })
  })

  describe('a node', () => {
    test('that a change makes its own parent gets a power supply of its own, once', async () => {
      let info: Record<string, unknown> = {}
      const { metal, cloud } = await open(speaking('1.96'), ({ method, body }) => {
        if (method !== 'PATCH') return undefined
        if (body.includes('has_dedicated_power_supply')) info = { has_dedicated_power_supply: true }
        return { json: { ...NODE, parent_node: NODE.uuid, driver_info: info } }
      })
      const change = [{ op: 'add', path: '/extra/a', value: 'b' }] as const
      const patches = () => cloud.requests.filter(({ method }) => method === 'PATCH').length
      assert.equal((await metal.changeNode(NODE.uuid, change)).driverInfo['has_dedicated_power_supply'], true)
      assert.equal(patches(), 2)
      await metal.changeNode(NODE.uuid, change)
      assert.equal(patches(), 3)
    })

    test('that is a part of another one is changed once', async () => {
      const { metal, cloud } = await open(speaking('1.96'), ({ method }) =>
        method === 'PATCH' ? { json: { ...NODE, parent_node: 'another' } } : undefined,
      )
      await metal.changeNode(NODE.uuid, [{ op: 'add', path: '/extra/a', value: 'b' }])
      assert.equal(cloud.requests.filter(({ method }) => method === 'PATCH').length, 1)
    })

    test('is read with the step that runs', async () => {
      const { metal } = await open(speaking('1.82'), () => ({ json: NODE }))
      const node = await metal.node('node0')
      assert.equal(node?.step, 'deploy.write_image')
      assert.equal(node?.provisionState, 'deploying')
      assert.equal(node?.lastError, undefined)
      assert.deepEqual(node?.properties, { local_gb: 3 })
    })

    test('that is not there is undefined', async () => {
      const { metal } = await open(speaking('1.82'))
      assert.equal(await metal.node('nobody'), undefined)
    })

    test('that a conductor holds is asked again until it is free', async () => {
      let asked = 0
      const { metal, cloud } = await open(speaking('1.82'), (request) => {
        if (request.method !== 'PATCH') return undefined
        asked += 1
        const faultstring =
          'Node 1111 is locked by host conductor-1, please retry after the current operation is completed.'
        // The fake looks for its answer twice a request.
        return asked <= 4
          ? { status: 409, json: { error_message: JSON.stringify({ faultstring }) } }
          : { json: NODE }
      })
      await metal.changeNode(NODE.uuid, [{ op: 'add', path: '/extra/a', value: 1 }])
      assert.equal(cloud.requests.filter((one) => one.method === 'PATCH').length, 3)
    })

    test('that is in another state is not asked again', async () => {
      const { metal, cloud } = await open(speaking('1.82'), () => ({
        status: 409,
        json: { error_message: { faultstring: 'Node is in a state that cannot be changed' } },
      }))
      await assert.rejects(
        metal.changeNode(NODE.uuid, [{ op: 'add', path: '/extra/a', value: 1 }]),
        (error) => isAnnealError(error, 'OPENSTACK_CONFLICT'),
      )
      assert.equal(cloud.requests.length, 2)
    })

    test('whose enrolment fails does not give its password away', async () => {
      const { metal } = await open(speaking('1.82'), (request) => ({
        status: 400,
        json: { error_message: { faultstring: `invalid: ${request.body.toString()}` } },
      }))
      const spec = {
        name: 'n',
        driver: 'ipmi',
        driverInfo: { ipmi_password: 'calvin-1' },
        properties: {},
        extra: {},
        interfaces: {},
        secrets: ['calvin-1'],
      }
      await assert.rejects(metal.createNode(spec), (error) => {
        assert.ok(isAnnealError(error, 'OPENSTACK_REFUSED'))
        assert.doesNotMatch(error.message, /calvin/)
        assert.match(error.message, /\*\*\*/)
        return true
      })
    })

    test('is deployed with its config drive as JSON, under the API’s names', async () => {
      const { metal, cloud } = await open(speaking('1.82'), () => ({ status: 202 }))
      const configDrive = { metaData: { uuid: 'u' }, userData: '#cloud-config' }
      await metal.provision(NODE.uuid, 'active', { configDrive })
      assert.deepEqual(JSON.parse(cloud.requests.at(-1)?.body.toString() ?? ''), {
        target: 'active',
        configdrive: { meta_data: { uuid: 'u' }, user_data: '#cloud-config' },
      })
    })

    test('is deployed without steps that are left out, where the API can do that', async () => {
      const skipping = { skippedSteps: ['deploy.boot_instance'] }
      const { metal, cloud } = await open(speaking('1.69'), () => ({ status: 202 }))
      await metal.provision(NODE.uuid, 'active', skipping)
      assert.deepEqual(JSON.parse(cloud.requests.at(-1)?.body.toString() ?? ''), {
        target: 'active',
        deploy_steps: [{ interface: 'deploy', step: 'boot_instance', args: {}, priority: 0 }],
      })
      const older = await open(speaking('1.68'), () => ({ status: 202 }))
      await assert.rejects(older.metal.provision(NODE.uuid, 'active', skipping), (error) =>
        isAnnealError(error, 'OPENSTACK_TOO_OLD'),
      )
      assert.ok(older.cloud.requests.every((one) => one.method === 'GET'))
    })

    test('is found valid where an interface is not there at all, and not where one says no', async () => {
      const { metal } = await open(speaking('1.82'), () => ({
        json: {
          boot: { result: true },
          rescue: { result: null },
          deploy: { result: false, reason: 'no kernel' },
        },
      }))
      assert.deepEqual(await metal.validate(NODE.uuid), [
        { interface: 'boot', ok: true },
        { interface: 'rescue', ok: true },
        { interface: 'deploy', ok: false, reason: 'no kernel' },
      ])
    })
  })

  test('all nodes are listed, page after page', async () => {
    const { metal } = await open(speaking('1.82'), (request) =>
      request.query.get('marker') === null
        ? { json: { nodes: [NODE], next: 'http://x/v1/nodes?marker=1' } }
        : { json: { nodes: [{ ...NODE, uuid: 'second' }] } },
    )
    assert.deepEqual(
      (await metal.nodes()).map((one) => one.uuid),
      [NODE.uuid, 'second'],
    )
  })
})
