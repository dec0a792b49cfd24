import assert from 'node:assert/strict'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { isAnnealError } from '../../src/core/index.ts'
import { OpenStackLab, isOn, labNames, labPath, namespaceOf, pidsIn, removeLab } from '../../lab/index.ts'

/** Real Keystone, Glance and Ironic, and one virtual machine behind a real BMC endpoint. */
let lab: OpenStackLab

before(async () => {
  lab = await OpenStackLab.up({ nodes: 1, ironicAuth: ['keystone', 'none', 'basic'] })
})

after(async () => {
  await lab?.down()
})

async function ironic(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
  const response = await fetch(`${lab.endpoints.bareMetalStandalone}/v1/${path}`, {
    method,
    headers: { 'content-type': 'application/json', 'x-openstack-ironic-api-version': '1.82' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`)
  return (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    if (await holds()) return
    await sleep(200)
  }
  assert.fail(`${what}: not after a minute`)
}

async function openstack(argv: readonly string[], cloud?: string): Promise<unknown> {
  const result = await lab.openstack([...argv, '-f', 'json'], cloud === undefined ? {} : { cloud })
  assert.equal(result.exitCode, 0, result.stderr)
  return JSON.parse(result.stdout)
}

test('the openstack client logs in by each cloud of the lab and finds what it serves', async () => {
  // Side by side: the client takes seconds to start.
  const clouds = ['lab', 'lab-standalone', 'lab-basic']
  const [catalogue, ...drivers] = await Promise.all([
    openstack(['catalog', 'list']),
    ...clouds.map((cloud) => openstack(['baremetal', 'driver', 'list'], cloud)),
  ])
  const types = (catalogue as { Type: string }[]).map((one) => one.Type)
  assert.deepEqual(types.toSorted(), ['baremetal', 'identity', 'image'])
  for (const [index, list] of drivers.entries()) {
    const names = (list as Record<string, string>[]).map((one) => one['Supported driver(s)'])
    for (const name of ['fake-hardware', 'ipmi', 'redfish']) assert.ok(names.includes(name), clouds[index])
  }
})

test('a wrong password is refused by the APIs that ask for one', async () => {
  const secure = readFileSync(lab.secureFile, 'utf8')
  assert.match(secure, /password: \S{10}/)
  const refused = await fetch(`${lab.endpoints.bareMetalBasic}/v1/nodes`, {
    headers: { authorization: `Basic ${btoa('lab:wrong')}` },
  })
  assert.equal(refused.status, 401)
  assert.equal((await fetch(`${lab.endpoints.bareMetal}/v1/nodes`)).status, 401)
  assert.equal((await fetch(`${lab.endpoints.image}/v2/images`)).status, 401)
})

test('a machine is switched on, told where to boot from and switched off through Ironic and its BMC', async () => {
  const [machine] = lab.nodes
  assert.ok(machine)
  const { ipmi } = machine
  await ironic('POST', 'nodes', {
    name: machine.name,
    driver: 'ipmi',
    driver_info: {
      ipmi_address: ipmi.address,
      ipmi_port: ipmi.port,
      ipmi_username: ipmi.username,
      ipmi_password: readFileSync(ipmi.passwordFile, 'utf8'),
      ipmi_cipher_suite: String(ipmi.cipherSuite),
    },
  })
  const node = `nodes/${machine.name}`
  await ironic('PUT', `${node}/states/provision`, { target: 'manage' })
  await until('manageable', async () => (await ironic('GET', node))['provision_state'] === 'manageable')

  await ironic('PUT', `${node}/management/boot_device`, { boot_device: 'pxe', persistent: false })
  assert.equal((await ironic('GET', `${node}/management/boot_device`))['boot_device'], 'pxe')
  assert.equal(isOn(machine), false)
  await ironic('PUT', `${node}/states/power`, { target: 'power on' })
  await until('power on', async () => (await ironic('GET', node))['power_state'] === 'power on')
  assert.equal(isOn(machine), true)
  await until('the network boot loader speaks on the serial port', () =>
    Promise.resolve(/iPXE/.test(readFileSync(machine.consoleLog, 'latin1'))),
  )
  await ironic('PUT', `${node}/states/power`, { target: 'power off' })
  await until('power off', async () => (await ironic('GET', node))['power_state'] === 'power off')
  assert.equal(isOn(machine), false)
})

test('a service that was killed can be started again, and its API knows the nodes still', async () => {
  await lab.stopService('ironic-conductor', 'abruptly')
  assert.equal(lab.services()['ironic-conductor'], undefined)
  await lab.startService('ironic-conductor')
  const { nodes } = await ironic('GET', 'nodes')
  assert.equal((nodes as unknown[]).length, lab.nodes.length)
})

test('a second lab of the same name is refused, and the first is untouched', async () => {
  await assert.rejects(OpenStackLab.up({ name: lab.name }), (error) =>
    isAnnealError(error, 'LAB_OPENSTACK_EXISTS'),
  )
  assert.ok(Object.values(lab.services()).every((pid) => pid !== undefined))
})

test('a lab that goes down in the middle of coming up leaves nothing', async () => {
  const controller = new AbortController()
  const name = `half${process.pid % 10_000}`
  const up = OpenStackLab.up({ name, nodes: 2, signal: controller.signal })
  await until('a service of it runs', async () => (await pidsIn(namespaceOf(name))).length > 3)
  controller.abort(new Error('enough'))
  await assert.rejects(up, /enough/)
  assertNothingLeft(name)
})

test('a lab that is taken down leaves no process, namespace, interface, mount or file', async () => {
  const [machine] = lab.nodes
  assert.ok(machine)
  await ironic('PUT', `nodes/${machine.name}/states/power`, { target: 'power on' })
  await until('power on', () => Promise.resolve(isOn(machine)))
  await lab.down()
  assertNothingLeft(lab.name)
  // Once more: there is nothing to do.
  await removeLab(lab.name)
})

function assertNothingLeft(name: string): void {
  assert.ok(!labNames().includes(name))
  assert.ok(!existsSync(labPath('openstack', name)))
  assert.ok(!existsSync(`/run/netns/${namespaceOf(name)}`))
  assert.ok(!readFileSync('/proc/self/mountinfo', 'utf8').includes(namespaceOf(name)))
  const holders = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => commandLine(pid).includes(labPath('openstack', name)))
  assert.deepEqual(holders.map(commandLine), [])
  assert.ok(
    !readdirSync('/sys/class/net').includes(lab.description.network.hostInterface) || name !== lab.name,
  )
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}
