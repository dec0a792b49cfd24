/**
 * What each microversion of Ironic's API after 1.82 adds, at the conductor: served, or answered as Ironic answers what it lacks
 * (https://docs.openstack.org/ironic/latest/contributor/webapi-version-history.html). The first is what metal3 asks for.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { REPORT, SimulatedRack } from '../../test/fixtures/conductor/index.ts'
import { parseReport } from '../conductor/index.ts'
import { serveConductor } from './index.ts'
import type { ServedConductor } from './index.ts'

type Answer = Readonly<{ status: number; body: Record<string, unknown>; error: string; headers: Headers }>

describe('microversions of Ironic’s API after 1.82', () => {
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
    await asked('POST', 'nodes', { name: 'one', driver: 'ipmi', driver_info: { ipmi_address: 'bmc' } })
  })
  after(() => served[Symbol.asyncDispose]())

  async function asked(method: string, path: string, body?: unknown, minor = 115): Promise<Answer> {
    const response = await fetch(`${url}/v1/${path}`, {
      method,
      headers: { 'x-openstack-ironic-api-version': `1.${minor}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const parsed = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>
    const said = parsed['error_message']
    return {
      status: response.status,
      body: parsed,
      error: typeof said === 'string' ? said : '',
      headers: response.headers,
    }
  }

  const set = (path: string, value: unknown) => asked('PATCH', 'nodes/one', [{ op: 'add', path, value }])
  const port = (more: Record<string, unknown>) => asked('POST', 'ports', more)

  test('1.89 to 1.115 are spoken, and 1.116 is refused', async () => {
    for (const minor of [83, 89, 95, 109, 110, 115]) {
      const { status, headers } = await asked('GET', 'nodes', undefined, minor)
      assert.deepEqual([status, headers.get('x-openstack-ironic-api-version')], [200, `1.${minor}`])
    }
    assert.equal((await asked('GET', 'nodes', undefined, 116)).status, 406)
    const { version } = (await asked('GET', '')).body as { version: { version: string } }
    assert.equal(version.version, '1.115')
  })

  test('a node is a part of no other one (1.83)', async () => {
    assert.deepEqual((await asked('GET', 'nodes/one/children')).body['children'], [])
    assert.equal((await asked('GET', 'nodes/nobody/children')).status, 404)
    assert.deepEqual((await asked('GET', 'nodes?parent_node=one')).body['nodes'], [])
    const all = (await asked('GET', 'nodes?include_children=True')).body['nodes'] as readonly unknown[]
    assert.equal(all.length, 1)
    assert.equal((await asked('GET', 'nodes/one?fields=parent_node')).body['parent_node'], null)
    assert.equal((await set('/parent_node', '11111111-2222-4333-8444-555555555555')).status, 400)
  })

  test('verbs that it lacks are refused, also with steps and runbooks (1.85, 1.87, 1.92, 1.108)', async () => {
    for (const body of [
      { target: 'unhold' },
      { target: 'service', service_steps: [], disable_ramdisk: true },
      { target: 'clean', runbook: 'CUSTOM_A' },
      { target: 'manage', runbook: 'CUSTOM_A' },
      { target: 'active', deploy_steps: [{ interface: 'deploy', step: 'my_own', args: {}, priority: 80 }] },
    ]) {
      const { status, error } = await asked('PUT', 'nodes/one/states/provision', body)
      assert.equal(status, 400, JSON.stringify(body) + error)
    }
    assert.match(
      (await asked('PUT', 'nodes/one/states/provision', { target: 'manage', runbook: 'CUSTOM_A' })).error,
      /nothing with runbook/,
    )
    assert.equal((await asked('GET', 'nodes/one')).body['provision_state'], 'enroll')
    assert.deepEqual((await asked('GET', 'nodes/one')).body['service_step'], {})
  })

  test('a port has a name, by which it is found, and texts (1.88, 1.97, 1.100, 1.101), and its node may be named (1.94)', async () => {
    const made = await port({ node_uuid: 'one', address: '52:54:00:00:00:01', name: 'p1', vendor: 'Maker' })
    assert.equal(made.status, 201, made.error)
    assert.deepEqual(
      [made.body['name'], made.body['vendor'], made.body['description'], made.body['category']],
      ['p1', 'Maker', null, null],
    )
    assert.equal((await asked('GET', 'ports/p1')).body['uuid'], made.body['uuid'])
    assert.equal((await port({ node_ident: 'one', address: '52:54:00:00:00:02', name: 'p1' })).status, 409)
    assert.equal((await port({ node_ident: 'one', address: '52:54:00:00:00:02', name: 'p 2' })).status, 400)
    const second = await port({ node_ident: 'one', address: '52:54:00:00:00:02' })
    assert.equal(second.status, 201, second.error)
    const changed = await asked('PATCH', 'ports/p1', [
      { op: 'add', path: '/description', value: 'to the left' },
      { op: 'replace', path: '/category', value: 'fast' },
      { op: 'remove', path: '/vendor' },
      { op: 'remove', path: '/name' },
    ])
    const { name, description, category, vendor } = changed.body
    assert.deepEqual(
      [name, description, category, vendor],
      [null, 'to the left', 'fast', null],
      changed.error,
    )
    assert.equal((await asked('GET', 'ports/p1')).status, 404)
    const long = [{ op: 'add', path: '/vendor', value: 'x'.repeat(33) }]
    assert.equal((await asked('PATCH', `ports/${String(made.body['uuid'])}`, long)).status, 400)
  })

  test('virtual media is answered as Ironic answers it for its driver ipmi (1.89, 1.93)', async () => {
    const attach = { device_type: 'cdrom', image_url: 'http://10.0.0.1/a.iso' }
    for (const [method, body] of [['GET'], ['POST', attach], ['DELETE']] as const) {
      const { status, error } = await asked(method, 'nodes/one/vmedia', body)
      assert.equal(status, 400)
      assert.match(error, /Driver ipmi does not support \w+_virtual_media \(disabled or not implemented\)/)
    }
    for (const wrong of [{ ...attach, device_type: 'tape' }, { ...attach, image_url: 'a.iso' }, {}]) {
      assert.doesNotMatch((await asked('POST', 'nodes/one/vmedia', wrong)).error, /does not support/)
    }
    assert.equal((await asked('GET', 'nodes/nobody/vmedia')).status, 404)
  })

  test('switches of VXLAN and dynamic groups of ports are refused (1.90, 1.111)', async () => {
    const vtep = { port_id: 'p', 'vtep-logical-switch': 'l', 'vtep-physical-switch': 's' }
    const address = '52:54:00:00:00:03'
    assert.equal((await port({ node_uuid: 'one', address, local_link_connection: vtep })).status, 400)
    assert.equal(
      (await port({ node_uuid: 'one', address, available_for_dynamic_portgroup: false })).status,
      400,
    )
    const { ports } = (await asked('GET', 'ports?detail=True')).body as { ports: Record<string, unknown>[] }
    assert.ok(ports.every((one) => one['available_for_dynamic_portgroup'] === true))
  })

  test('there are no runbooks and no rules of inspection (1.92, 1.96, 1.112)', async () => {
    assert.deepEqual((await asked('GET', 'runbooks')).body, { runbooks: [] })
    assert.deepEqual((await asked('GET', 'inspection_rules')).body, { inspection_rules: [] })
    for (const path of ['runbooks/CUSTOM_A', 'runbooks/CUSTOM_A/traits', 'inspection_rules/1']) {
      assert.equal((await asked('GET', path)).status, 404, path)
    }
    assert.equal((await asked('POST', 'runbooks', { name: 'CUSTOM_A', steps: [] })).status, 405)
  })

  test('a machine that must stay on is refused (1.95)', async () => {
    assert.equal((await set('/disable_power_off', true)).status, 400)
    assert.equal((await set('/disable_power_off', false)).status, 200)
    const made = await asked('POST', 'nodes', { name: 'two', driver: 'ipmi', disable_power_off: false })
    assert.deepEqual([made.status, made.body['disable_power_off']], [201, false], made.error)
    await asked('DELETE', 'nodes/two')
  })

  test('ports and groups are listed by the group of conductors and the shard (1.99, 1.106)', async () => {
    const count = async (query: string): Promise<number> =>
      ((await asked('GET', `ports?${query}`)).body['ports'] as readonly unknown[]).length
    assert.deepEqual([await count('conductor_groups=far'), await count('conductor_groups=')], [0, 2])
    assert.equal(await count('shard=s1'), 0)
    assert.deepEqual((await asked('GET', 'portgroups?shard=s1&conductor_groups=x')).body['portgroups'], [])
  })

  test('an instance has a name, which Nova’s display_name gives where nobody did (1.104)', async () => {
    assert.equal((await set('/instance_info/display_name', 'web-1')).body['instance_name'], 'web-1')
    assert.equal((await set('/instance_name', 'web-2')).body['instance_name'], 'web-2')
    assert.equal((await set('/instance_info/display_name', 'web-3')).body['instance_name'], 'web-2')
    assert.equal((await set('/instance_name', '')).status, 400)
    const { nodes } = (await asked('GET', 'nodes?instance_name=web-2')).body as { nodes: { name: string }[] }
    assert.deepEqual(
      nodes.map(({ name }) => name),
      ['one'],
    )
  })

  test('each answer has an id, under both names (1.107)', async () => {
    const [one, other] = [await asked('GET', 'nodes'), await asked('GET', 'nowhere')]
    const id = one.headers.get('x-openstack-request-id')
    assert.match(id ?? '', /^req-[0-9a-f-]{36}$/)
    assert.equal(one.headers.get('openstack-request-id'), id)
    assert.notEqual(other.headers.get('x-openstack-request-id'), id)
  })

  test('the health is not known (1.109), and there is no history (1.113, 1.115)', async () => {
    assert.equal((await asked('GET', 'nodes/one?fields=health')).body['health'], null)
    assert.deepEqual((await asked('GET', 'nodes/one/history?detail=True')).body, { history: [] })
    assert.deepEqual((await asked('GET', 'nodes/one/firmware')).body, { firmware: [] })
  })

  test('the inventory says which card boots, and what its switch said, as Ironic’s does', async () => {
    const { uuid } = rack.conductor.machines.find('one')
    assert.equal((await asked('GET', 'nodes/one/inventory')).status, 404)
    const read = parseReport(REPORT)
    const [first, ...others] = read.nics
    assert.ok(first !== undefined)
    const nic = { ...first, mac: '52:54:00:00:00:02', lldp: { switchId: '52:54:00:aa:bb:cc', portId: 'e7' } }
    const report = { ...read, nics: [nic, ...others] }
    rack.conductor.machines.save({ ...rack.conductor.machines.find(uuid), report })
    const { plugin_data: data } = (await asked('GET', 'nodes/one/inventory')).body as {
      plugin_data: Record<string, Record<string, Record<string, unknown>>>
    }
    assert.equal(data['all_interfaces']?.[nic.name]?.['pxe_enabled'], true)
    const { switch_chassis_id: chassis, switch_port_id: id } = data['parsed_lldp']?.[nic.name] ?? {}
    assert.deepEqual([chassis, id], ['52:54:00:aa:bb:cc', 'e7'])
  })

  test('a machine is adopted, and a deployment is aborted while it waits (1.110)', async () => {
    const machines = rack.conductor.machines
    machines.save({ ...machines.find('one'), provisionState: 'manageable' })
    assert.equal((await asked('PUT', 'nodes/one/states/provision', { target: 'adopt' })).status, 202)
    assert.equal((await asked('GET', 'nodes/one')).body['provision_state'], 'active')
    // Who has no task is accepted, and nothing happens; in other states it is refused.
    assert.equal((await asked('PUT', 'nodes/one/states/provision', { target: 'abort' })).status, 400)
    machines.save({ ...machines.find('one'), provisionState: 'wait call-back' })
    assert.equal((await asked('PUT', 'nodes/one/states/provision', { target: 'abort' })).status, 202)
  })

  test('the error of an aborted inspection contains "aborted", which metal3 looks for', async () => {
    const machines = rack.conductor.machines
    machines.save({ ...machines.find('one'), provisionState: 'manageable' })
    rack.clock.hold()
    rack.behaviour = { silent: true }
    await asked('PUT', 'nodes/one/states/provision', { target: 'inspect' })
    await asked('PUT', 'nodes/one/states/provision', { target: 'abort' })
    rack.clock.go()
    await rack.rest()
    const { provision_state: state, last_error: error } = (await asked('GET', 'nodes/one')).body
    assert.equal(state, 'inspect failed')
    assert.match(String(error), /aborted/)
  })
})
