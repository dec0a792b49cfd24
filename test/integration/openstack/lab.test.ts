import assert from 'node:assert/strict'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { isAnnealError } from '../../../src/core/index.ts'
import {
  BareMetal,
  OpenStackLab,
  isOn,
  labNames,
  labPath,
  namespaceOf,
  pidsIn,
  placeFile,
  redfishDriverInfo,
  removeLab,
  testSystem,
  typeAt,
  machineLoad,
} from '../../../lab/index.ts'
import type { Machine } from '../../../lab/index.ts'
import { suiteOfTests } from '../support/suite.ts'

/** Real Keystone, Glance and Ironic, and one virtual machine behind a real BMC endpoint. */
let lab: OpenStackLab
let bareMetal: BareMetal

before(async () => {
  lab = await OpenStackLab.up({ ...suiteOfTests(), nodes: 2, ironicAuth: ['keystone', 'none', 'basic'] })
  bareMetal = new BareMetal(lab)
})

after(async () => {
  await lab?.down()
})

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const startedAt = performance.now()
  while (performance.now() - startedAt < 180_000 * machineLoad()) {
    if (await holds()) return
    await sleep(200)
  }
  assert.fail(`${what}: not after ${Math.round((performance.now() - startedAt) / 1000)} s`)
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
  const machine = lab.node('node0')
  await bareMetal.enroll(machine)
  const node = `nodes/${machine.name}`
  await bareMetal.request('PUT', `${node}/management/boot_device`, { boot_device: 'pxe', persistent: false })
  const { boot_device: device } = await bareMetal.request('GET', `${node}/management/boot_device`)
  assert.equal(device, 'pxe')
  assert.equal(isOn(machine), false)
  await bareMetal.request('PUT', `${node}/states/power`, { target: 'power on' })
  await until('power on', async () => (await bareMetal.node(machine.name)).power_state === 'power on')
  assert.equal(isOn(machine), true)
  await until('the network boot loader speaks', () => Promise.resolve(consoleOf(machine).includes('iPXE')))
  await bareMetal.request('PUT', `${node}/states/power`, { target: 'power off' })
  await until('power off', async () => (await bareMetal.node(machine.name)).power_state === 'power off')
  assert.equal(isOn(machine), false)
})

test('Ironic deploys a kernel and a RAM disk, and the machine boots them with arguments of its own', async () => {
  const machine = lab.node('node0')
  const system = await testSystem()
  placeFile(system.kernel, join(lab.webRoot, 'test.vmlinuz'))
  placeFile(system.ramdisk, join(lab.webRoot, 'test.initrd'))
  await bareMetal.patch(machine.name, {
    deploy_interface: 'ramdisk',
    instance_info: {
      kernel: `${lab.endpoints.web}/test.vmlinuz`,
      ramdisk: `${lab.endpoints.web}/test.initrd`,
      ramdisk_kernel_arguments: 'console=ttyS0,115200 said=once',
    },
  })
  await bareMetal.provision(machine.name, 'active', 'active')
  await until('the system is up', () => Promise.resolve(/MARK ssh[^]*login: $/.test(consoleOf(machine))))
  const marks =
    consoleOf(machine)
      .match(/MARK [^\r\n]*/g)
      ?.join('\n') ?? ''
  assert.match(marks, /MARK command line: .*said=once/)
  assert.match(marks, new RegExp(`MARK address: ${machine.address}/24`))
  await typeAt(machine, 'root\n')
  await until('a shell on the console', () =>
    Promise.resolve(/login: root[^]*# /.test(consoleOf(machine).slice(-500))),
  )
  await bareMetal.provision(machine.name, 'deleted', 'available')
  assert.equal(isOn(machine), false)
})

test('Ironic learns by Redfish what a machine is made of, and boots it from the network once', async () => {
  const machine = lab.node('node1')
  const node = `nodes/${machine.name}`
  await bareMetal.request('POST', 'nodes', {
    name: machine.name,
    driver: 'redfish',
    inspect_interface: 'redfish',
    driver_info: redfishDriverInfo(machine),
  })
  await bareMetal.provision(machine.name, 'manage', 'manageable')
  await bareMetal.provision(machine.name, 'inspect', 'manageable')
  const { properties } = await bareMetal.request('GET', node)
  assert.deepEqual(properties, {
    capabilities: 'boot_mode:bios',
    cpu_arch: 'x86_64',
    cpus: 2,
    local_gb: '4',
    memory_mb: '2048',
    vendor: 'QEMU',
  })
  const { ports } = await bareMetal.request('GET', `ports?node=${machine.name}`)
  assert.deepEqual(
    (ports as { address: string }[]).map(({ address }) => address),
    [machine.mac],
  )

  const device = async (): Promise<unknown> =>
    (await bareMetal.request('GET', `${node}/management/boot_device`))['boot_device']
  await bareMetal.request('PUT', `${node}/management/boot_device`, { boot_device: 'pxe', persistent: false })
  assert.equal(await device(), 'pxe')
  await bareMetal.request('PUT', `${node}/states/power`, { target: 'power on' })
  await until('power on', async () => (await bareMetal.node(machine.name)).power_state === 'power on')
  assert.equal(isOn(machine), true)
  assert.notEqual(await device(), 'pxe')
  await bareMetal.request('PUT', `${node}/states/power`, { target: 'power off' })
  await until('power off', () => Promise.resolve(!isOn(machine)))
})

test('a service that was killed can be started again, and its API knows the nodes still', async () => {
  await lab.stopService('ironic-conductor', 'abruptly')
  assert.equal(lab.services()['ironic-conductor'], undefined)
  await lab.startService('ironic-conductor')
  const { nodes } = await bareMetal.request('GET', 'nodes')
  assert.equal((nodes as unknown[]).length, lab.nodes.length)
})

test('a second lab of the same name is refused, and the first is untouched', async () => {
  await assert.rejects(OpenStackLab.up({ name: lab.name }), (error) =>
    isAnnealError(error, 'LAB_OPENSTACK_EXISTS'),
  )
  assert.ok(Object.values(lab.services()).every((pid) => pid !== undefined))
})

test('a lab that goes down in the middle of coming up leaves nothing', async () => {
  const name = `half${process.pid % 10_000}`
  // On a busy machine a lab may be up before anybody has seen its services: then that was not the middle.
  for (let attempt = 1; ; attempt += 1) {
    const controller = new AbortController()
    const up = OpenStackLab.up({ name, nodes: 2, signal: controller.signal })
    const ended = up.then(
      () => 'up',
      (error: unknown) => String(error),
    )
    await until('a service of it runs', async () => (await pidsIn(namespaceOf(name))).length > 3)
    controller.abort(new Error('enough'))
    const how = await ended
    if (how === 'up' && attempt < 5) {
      await removeLab(name)
      continue
    }
    assert.match(how, /enough/)
    break
  }
  assertNothingLeft(name)
})

test('a lab that is taken down leaves no process, namespace, interface, mount or file', async () => {
  const machine = lab.node('node0')
  await bareMetal.request('PUT', `nodes/${machine.name}/states/power`, { target: 'power on' })
  await until('power on', () => Promise.resolve(isOn(machine)))
  await lab.down()
  assertNothingLeft(lab.name)
  // Once more: there is nothing to do.
  await removeLab(lab.name)
})

/** All that a machine ever wrote to its serial port. */
function consoleOf(machine: Machine): string {
  return readFileSync(machine.consoleLog, 'latin1')
}

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
