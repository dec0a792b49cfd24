/**
 * Nova's Ironic driver, for real: a server is created by the `openstack` client, and a machine without an operating
 * system is deployed by way of the deploy ramdisk; then it is deleted, and available again.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { BareMetal, OpenStackLab, isOn, testSystem } from '../../lab/index.ts'
import { Cloud, until } from './cloud.ts'

let lab: OpenStackLab
let cloud: Cloud

before(async () => {
  lab = await OpenStackLab.up({ nodes: [{ firmware: 'uefi' }], nova: true, deployRamdisk: true })
  cloud = new Cloud(lab)
})

after(async () => {
  await lab?.down()
})

test('a node of Ironic is a hypervisor of Nova', async () => {
  const bareMetal = new BareMetal(lab)
  await bareMetal.enroll(lab.node('node0'), 'redfish')
  await bareMetal.patch('node0', { resource_class: 'metal', deploy_interface: 'direct' })
  const { uuid } = await bareMetal.node('node0')
  await until('the hypervisor', async () => {
    const list = await cloud.list('hypervisor', 'list')
    return list.some((one) => one['Hypervisor Type'] === 'ironic' && one['Hypervisor Hostname'] === uuid)
  })
  // Placement learns of the resource class a little later.
  await until('its inventory', async () => {
    const response = await fetch(
      `${lab.endpoints.placement}/allocation_candidates?resources=CUSTOM_METAL:1`,
      { headers: { 'x-auth-token': await lab.token(), 'openstack-api-version': 'placement 1.10' } },
    )
    const { allocation_requests: found } = (await response.json()) as { allocation_requests?: unknown[] }
    return (found ?? []).length > 0
  })
})

test('Nova deploys a whole disk onto it, and it boots', async () => {
  const { disk } = await testSystem()
  const image = ['image', 'create', 'metal', '--public', '--disk-format', 'raw', '--container-format', 'bare']
  await cloud.must(...image, '--file', disk)
  const nothing = ['VCPU', 'MEMORY_MB', 'DISK_GB'].flatMap((one) => ['--property', `resources:${one}=0`])
  const flavor = ['flavor', 'create', 'metal', '--ram', '1024', '--disk', '2', '--vcpus', '1']
  await cloud.must(...flavor, '--property', 'resources:CUSTOM_METAL=1', ...nothing)
  await cloud.must('server', 'create', 'metal', '--image', 'metal', '--flavor', 'metal', '--nic', 'none')
  await until('the server is active', async () => (await cloud.server('metal'))['status'] === 'ACTIVE', 1200)
  const machine = lab.node('node0')
  await until('the system is up', () =>
    Promise.resolve(/MARK command line: .*via=disk/.test(readFileSync(machine.consoleLog, 'latin1'))),
  )
})

test('deleted in Nova, the node is off and available again', async () => {
  await cloud.must('server', 'delete', '--wait', 'metal')
  await new BareMetal(lab).waitFor('node0', 'available')
  assert.equal(isOn(lab.node('node0')), false)
})
