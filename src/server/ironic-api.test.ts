/** What a client of Ironic's API is told where it asks for something that the conductor lacks: never nothing. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { SimulatedRack } from '../../test/fixtures/conductor/index.ts'
import { serveConductor } from './index.ts'
import type { ServedConductor } from './index.ts'

type Answer = Readonly<{ status: number; body: Record<string, unknown>; error: string }>

describe('the part of Ironic’s API that the conductor speaks', () => {
  const rack = new SimulatedRack()
  let served: ServedConductor
  let url = ''

  before(async () => {
    served = await serveConductor(rack.conductor, {
      api: { address: '127.0.0.1', port: 0 },
      machines: { address: '127.0.0.1', port: 0 },
      files: {},
      say: (text) => assert.fail(text),
    })
    url = `http://127.0.0.1:${served.api.port}`
  })
  after(() => served[Symbol.asyncDispose]())

  async function asked(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(`${url}/v1/${path}`, {
      method,
      headers: { 'x-openstack-ironic-api-version': '1.82' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const parsed = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>
    const said = parsed['error_message']
    const error = typeof said === 'string' ? said : ''
    return { status: response.status, body: parsed, error }
  }

  const get = (path: string) => asked('GET', path)
  const create = (more: Record<string, unknown>) => asked('POST', 'nodes', { driver: 'ipmi', ...more })
  const set = (node: string, path: string, value: unknown) =>
    asked('PATCH', `nodes/${node}`, [{ op: 'add', path, value }])
  const names = async (query: string) =>
    ((await get(`nodes?${query}`)).body['nodes'] as readonly { name: string }[]).map(({ name }) => name)

  test('refuses a new node with what it would forget, and makes none', async () => {
    for (const more of [
      { boot_interface: 'redfish-virtual-media' },
      { conductor_group: 'far' },
      { parent_node: '11111111-2222-4333-8444-555555555550' },
      { chassis_uuid: '11111111-2222-3333-4444-555555555550' },
      { power_interface: 'redfish' },
      { traits: ['CUSTOM_A'] },
      { nonsense: 1 },
    ]) {
      const { status, error } = await create({ name: 'bad', ...more })
      assert.deepEqual([status, error.includes(Object.keys(more)[0] ?? '')], [400, true], error)
    }
    assert.equal((await get('nodes/bad')).status, 404)
    // What every node has may be said.
    const said = {
      boot_interface: 'ipxe',
      management_interface: 'ipmitool',
      conductor_group: '',
      retired: false,
    }
    assert.equal((await create({ name: 'one', resource_class: 'lab', owner: 'me', ...said })).status, 201)
    assert.equal((await create({ name: 'two', description: 'in the far rack' })).status, 201)
  })

  test('lists by every filter of Ironic, in any order and in pages', async () => {
    assert.deepEqual(await names('owner=me'), ['one'])
    assert.deepEqual(await names('project=me'), ['one'])
    assert.deepEqual(await names('description_contains=far'), ['two'])
    assert.deepEqual(await names('resource_class=lab&retired=True'), [])
    assert.deepEqual(await names('conductor_group=far'), [])
    assert.deepEqual(await names('shard=s1'), [])
    assert.deepEqual(await names('associated=True'), [])
    const all = await names('sort_key=name&sort_dir=desc')
    assert.deepEqual(all, all.toSorted().toReversed())
    const { body } = await get('nodes?owner=me&limit=1')
    assert.equal(body['next'], undefined)
    const first = await get('nodes?provision_state=enroll&limit=1')
    assert.match(String(first.body['next']), /provision_state=enroll&limit=1&marker=/)
  })

  test('refuses a query that it does not understand', async () => {
    for (const query of [
      'nosuch=1',
      'limit=-1',
      'limit=x',
      'fields=nosuch',
      'sort_key=nosuch',
      'sort_dir=up',
      'maintenance=perhaps',
      'detail=True&fields=uuid',
    ]) {
      assert.equal((await get(`nodes?${query}`)).status, 400, query)
    }
    assert.equal((await get('nodes?marker=11111111-2222-3333-4444-555555555559')).status, 404)
    assert.equal((await get('ports?nosuch=1')).status, 400)
  })

  test('says 404 of what is not there, also below a node', async () => {
    for (const path of [
      'nodes/nobody/vifs',
      'nodes/nobody/bios',
      'nodes/nobody/history',
      'nodes/nobody/portgroups',
      'nodes/nobody/management/boot_device',
      'nodes/nobody/traits',
      'ports/11111111-2222-3333-4444-555555555559',
      'ports?node=nobody',
      'conductors/nobody',
      'drivers/nobody/properties',
    ]) {
      assert.equal((await get(path)).status, 404, path)
    }
    assert.equal((await get('conductors/conductor')).body['hostname'], 'conductor')
    assert.match(String((await get('drivers/ipmi/properties')).body['ipmi_address']), /Required/)
  })

  test('changes a port, and refuses what a port cannot have', async () => {
    const { uuid: one } = (await get('nodes/one')).body
    const { uuid: two } = (await get('nodes/two')).body
    const port = { node_uuid: one, address: '52:54:00:99:00:01' }
    assert.equal((await asked('POST', 'ports', { ...port, physical_network: 'net1' })).status, 400)
    const made = await asked('POST', 'ports', {
      ...port,
      local_link_connection: { port_id: 'eth7' },
      pxe_enabled: false,
    })
    assert.deepEqual(
      [made.status, made.body['local_link_connection'], made.body['pxe_enabled']],
      [201, { port_id: 'eth7' }, false],
    )
    const path = `ports/${String(made.body['uuid'])}`
    const { status, body } = await asked('PATCH', path, [
      { op: 'replace', path: '/address', value: '52:54:00:99:00:02' },
      { op: 'add', path: '/extra/rack', value: 'r1' },
      { op: 'add', path: '/pxe_enabled', value: 'True' },
      { op: 'remove', path: '/local_link_connection' },
      { op: 'add', path: '/node_uuid', value: two },
      { op: 'remove', path: '/physical_network' },
    ])
    assert.deepEqual(
      [
        status,
        body['address'],
        body['extra'],
        body['pxe_enabled'],
        body['local_link_connection'],
        body['node_uuid'],
      ],
      [200, '52:54:00:99:00:02', { rack: 'r1' }, true, {}, two],
    )
    assert.equal(
      (await asked('PATCH', path, [{ op: 'add', path: '/portgroup_uuid', value: two }])).status,
      400,
    )
    assert.equal((await asked('PATCH', path, [{ op: 'remove', path: '/address' }])).status, 400)
    assert.equal((await asked('PATCH', path, [{ op: 'remove', path: '/extra/nosuch' }])).status, 400)
    assert.equal((await asked('PATCH', path, [{ op: 'remove', path: 'x/extra/rack' }])).status, 400)
    await asked('POST', 'ports', port)
    assert.equal(
      (await asked('PATCH', path, [{ op: 'replace', path: '/address', value: port.address }])).status,
      409,
    )
    const [shown, ...others] = (await get(`ports?node=${String(two)}&fields=address`)).body[
      'ports'
    ] as readonly Readonly<Record<string, unknown>>[]
    assert.deepEqual(
      [shown?.['address'], Object.keys(shown ?? {}), others],
      ['52:54:00:99:00:02', ['address', 'links'], []],
    )
    assert.deepEqual(Object.keys((await get('nodes/one?fields=name')).body), ['name', 'links'])
  })

  test('adds and removes traits one by one', async () => {
    assert.equal((await asked('PUT', 'nodes/one/traits/CUSTOM_B')).status, 204)
    assert.equal((await asked('PUT', 'nodes/one/traits/CUSTOM_A')).status, 204)
    assert.equal((await asked('PUT', 'nodes/one/traits/nonsense')).status, 400)
    assert.deepEqual((await get('nodes/one/traits')).body['traits'], ['CUSTOM_A', 'CUSTOM_B'])
    assert.equal((await asked('DELETE', 'nodes/one/traits/CUSTOM_B')).status, 204)
    assert.equal((await asked('DELETE', 'nodes/one/traits/CUSTOM_B')).status, 404)
    assert.equal((await asked('DELETE', 'nodes/one/traits')).status, 204)
    assert.deepEqual((await get('nodes/one/traits')).body['traits'], [])
  })

  test('protects a node that is in use, and only that', async () => {
    assert.equal((await set('one', '/protected', 'True')).status, 400)
    const machine = rack.conductor.machines.find('one')
    rack.conductor.machines.save({ ...machine, provisionState: 'active' })
    assert.equal((await set('one', '/protected', 'True')).status, 200)
    assert.equal((await set('one', '/protected_reason', 'the last mirror')).status, 200)
    assert.equal((await set('one', '/driver', 'redfish')).status, 400)
    assert.equal((await set('one', '/deploy_interface', 'iscsi')).status, 400)
    assert.equal((await set('one', '/deploy_interface', 'stream')).status, 200)
    for (const target of ['deleted', 'rebuild']) {
      const { status, error } = await asked('PUT', 'nodes/one/states/provision', { target })
      assert.deepEqual([status, error.includes('the last mirror')], [403, true], error)
    }
    await asked('PUT', 'nodes/one/maintenance', {})
    const provide = await asked('PUT', 'nodes/one/states/provision', { target: 'provide' })
    assert.match(provide.error, /it takes nothing\. take it out of maintenance first/)
    assert.equal((await asked('DELETE', 'nodes/one')).status, 403)
    await asked('DELETE', 'nodes/one/maintenance')
    assert.equal((await asked('PATCH', 'nodes/one', [{ op: 'remove', path: '/protected' }])).status, 200)
    const { protected: is, protected_reason: why } = (await get('nodes/one')).body
    assert.deepEqual([is, why], [false, null])
    rack.conductor.machines.save({ ...machine, provisionState: 'available' })
  })

  test('takes an instance by its UUID, for one node alone', async () => {
    const instance = '11111111-2222-3333-4444-555555555551'
    assert.equal((await set('one', '/instance_uuid', 'nonsense')).status, 400)
    assert.equal((await set('one', '/instance_uuid', instance)).status, 200)
    assert.equal((await set('two', '/instance_uuid', instance)).status, 409)
    assert.equal((await set('one', '/instance_uuid', instance.replace('1', '2'))).status, 400)
    assert.deepEqual(await names(`instance_uuid=${instance}`), ['one'])
    assert.equal((await asked('PATCH', 'nodes/one', [{ op: 'remove', path: '/instance_uuid' }])).status, 200)
  })

  test('asks a system to shut down, and does not cut its power', async () => {
    await set('one', '/driver_info/ipmi_address', 'bmc')
    await rack.conductor.power(rack.conductor.machines.find('one'), 'on')
    const power = (more: object) =>
      asked('PUT', 'nodes/one/states/power', { target: 'soft power off', ...more })
    assert.equal((await power({ timeout: 0 })).status, 400)
    assert.equal((await power({ force: true })).status, 400)
    const { status } = await power({ timeout: 180 })
    assert.deepEqual([status, rack.isOn, rack.shutDowns], [202, true, 1])
    assert.equal((await get('nodes/one/states')).body['target_power_state'], 'power off')
    await rack.conductor.power(rack.conductor.machines.find('one'), 'on')
    assert.equal((await get('nodes/one/states')).body['target_power_state'], null)
    const soft = await asked('PUT', 'nodes/one/states/power', { target: 'soft rebooting' })
    assert.deepEqual([soft.status, rack.isOn], [400, true])
    assert.match(soft.error, /soft power off/)
  })
})
