/**
 * The part of Ironic's API that the conductor speaks, asked by the real `openstack baremetal` and by Anneal's own client of
 * Ironic. The machine behind it is simulated.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { onGround, suiteTree } from '../../../lab/openstack/suite-tree.ts'
import type { Ground } from '../../../lab/openstack/suite-tree.ts'
import { ironic, openSession } from '../../../src/adapters/openstack/index.ts'
import { isAnnealError } from '../../../src/core/index.ts'
import type { BareMetal } from '../../../src/adapters/openstack/index.ts'
import { LLDP, REPORT, SimulatedRack } from '../../fixtures/conductor/index.ts'
import { serveConductor } from '../../../src/server/index.ts'
import type { ServedConductor } from '../../../src/server/index.ts'
import { suiteOfTests } from '../support/suite.ts'

const execute = promisify(execFile)
const LOGIN = 'operator:of-a-test'

describe('the API of a conductor', () => {
  const rack = new SimulatedRack()
  let served: ServedConductor
  let url = ''
  /** ANNEAL_TEST_SUITE: the client of that suite, from a tree of its own. */
  let ground: Ground

  before(async () => {
    const { suite } = suiteOfTests()
    if (suite !== undefined) ground = await suiteTree(suite)
    served = await serveConductor(rack.conductor, {
      api: { address: '127.0.0.1', port: 0 },
      machines: { address: '127.0.0.1', port: 0 },
      files: {},
      login: LOGIN,
      say: (text) => assert.fail(text),
    })
    url = `http://127.0.0.1:${served.api.port}`
  })
  after(() => served[Symbol.asyncDispose]())

  async function openstack(...words: readonly string[]): Promise<unknown> {
    const [username = '', password = ''] = LOGIN.split(':')
    const [program = '', ...argv] = onGround(ground, ['openstack', 'baremetal', ...words], [])
    const { stdout } = await execute(program, argv, {
      env: {
        PATH: process.env['PATH'],
        // The tree of a suite is read-only but there.
        HOME: '/tmp',
        OS_AUTH_TYPE: 'http_basic',
        OS_ENDPOINT: url,
        OS_USERNAME: username,
        OS_PASSWORD: password,
      },
    })
    return stdout === '' ? undefined : words.includes('-f') ? (JSON.parse(stdout) as unknown) : stdout
  }

  const shown = async (): Promise<Readonly<Record<string, unknown>>> =>
    (await openstack('node', 'show', 'client-one', '-f', 'json')) as Readonly<Record<string, unknown>>

  function client(password = 'of-a-test'): BareMetal {
    return ironic(
      openSession({
        name: 'conductor',
        auth: { kind: 'httpBasic', endpoint: url, username: 'operator', password },
        interface: 'public',
        endpoints: {},
      }),
    )
  }

  test('refuses who does not log in, and whose password is wrong', async () => {
    assert.equal((await fetch(`${url}/v1/nodes`)).status, 401)
    await assert.rejects(client('wrong').nodes(), (error) => isAnnealError(error))
  })

  test('`openstack baremetal` enrolls a machine, and never sees its password again', async () => {
    await openstack(
      ...'node create --driver ipmi --name client-one --resource-class lab'.split(' '),
      ...'--driver-info ipmi_address=10.0.0.1 --driver-info ipmi_password=hidden-word'.split(' '),
      ...'--driver-info ipmi_username=admin --property cpu_arch=x86_64'.split(' '),
    )
    const { uuid, driver_info: info, provision_state: state } = await shown()
    assert.equal(state, 'enroll')
    assert.doesNotMatch(JSON.stringify(info), /hidden-word/)
    await openstack('port', 'create', '52:54:00:00:00:01', '--node', String(uuid))
    const ports = (await openstack('port', 'list', '-f', 'json')) as readonly Record<string, string>[]
    assert.deepEqual(
      // Newer clients name columns of JSON as the API does.
      ports.map((one) => one['Address'] ?? one['address']),
      ['52:54:00:00:00:01'],
    )
  })

  test('`openstack baremetal` brings it to available, and sees what it is made of', async () => {
    await openstack('node', 'manage', 'client-one', '--wait', '60')
    rack.report = REPORT.replace('carrier=1', `carrier=1 lldp=${LLDP}`)
    await openstack('node', 'inspect', 'client-one', '--wait', '60')
    rack.report = REPORT
    await openstack('node', 'provide', 'client-one', '--wait', '60')
    const { provision_state: state, properties } = await shown()
    assert.equal(state, 'available')
    const [port] = (await openstack('port', 'list', '--long', '-f', 'json')) as readonly Record<
      string,
      unknown
    >[]
    const heard = { switch_id: '52:54:00:aa:bb:cc', port_id: 'eth7', switch_info: 'tor' }
    assert.deepEqual(port?.['Local Link Connection'] ?? port?.['local_link_connection'], heard)
    assert.deepEqual((await client().ports(String((await shown())['uuid'])))[0]?.link, {
      switchId: heard.switch_id,
      portId: heard.port_id,
      switchInfo: heard.switch_info,
    })
    assert.equal((properties as Record<string, unknown>)['memory_mb'], 1024)
    assert.ok(rack.ran.includes('ramdisk'))
  })

  test('`openstack baremetal` deploys and undeploys it', async () => {
    await openstack('node', 'set', 'client-one', '--instance-info', 'image_source=/images/one.qcow2')
    await openstack('node', 'validate', 'client-one')
    await openstack('node', 'deploy', 'client-one', '--wait', '60')
    assert.deepEqual([(await shown())['provision_state'], rack.disk.size, rack.isOn], ['active', 4, true])
    await openstack('node', 'undeploy', 'client-one', '--wait', '60')
    assert.deepEqual([(await shown())['provision_state'], rack.disk.size], ['available', 0])
  })

  test('`openstack baremetal` switches it, and sets and unsets maintenance', async () => {
    await openstack('node', 'power', 'on', 'client-one')
    assert.equal(rack.isOn, true)
    await openstack('node', 'power', 'off', 'client-one')
    assert.equal(rack.isOn, false)
    await openstack('node', 'maintenance', 'set', 'client-one', '--reason', 'a fan is loud')
    assert.equal((await shown())['maintenance_reason'], 'a fan is loud')
    await openstack('node', 'maintenance', 'unset', 'client-one')
  })

  test('answers what it lacks as Ironic does', async () => {
    await assert.rejects(openstack('node', 'show', 'nobody'), /Cannot find machine/)
    await assert.rejects(openstack('node', 'rescue', 'client-one', '--rescue-password', 'x'), /rescue/)
  })

  test("Anneal's own client reads and changes machines", async () => {
    const metal = client()
    assert.equal(await metal.version(), '1.95')
    const [node] = await metal.nodes()
    assert.equal(node?.name, 'client-one')
    await metal.changeNode(node.uuid, [{ op: 'add', path: '/extra/anneal_address', value: '10.0.0.9' }])
    assert.deepEqual((await metal.node('client-one'))?.extra, { anneal_address: '10.0.0.9' })
    assert.deepEqual(await metal.driver('ipmi'), {
      name: 'ipmi',
      deployInterfaces: ['stream', 'iscsi', 'direct', 'ramdisk'],
    })
    assert.equal(await metal.node('nobody'), undefined)
  })

  test('removes a machine', async () => {
    await openstack('node', 'delete', 'client-one')
    assert.deepEqual(await client().nodes(), [])
  })
})
