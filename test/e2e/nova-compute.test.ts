/**
 * The compute half of the whole story, for real: Nova boots a guest on a compute node whose services are the containers of
 * a release; the node is upgraded to another libvirt under it; the guest lives, and Nova can still stop it.
 * The lab's Keystone, Glance, Placement, Neutron and Nova are Debian's; the node is a host of the test bed.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Host, OpenStackLab, attachComputeHost, testSystem } from '../../lab/index.ts'
import { Cloud, until } from './cloud.ts'

const HOST = 'e2e-compute'

let lab: OpenStackLab
let cloud: Cloud
let host: Host

before(async () => {
  lab = await OpenStackLab.up({ nodes: 0, nova: true })
  cloud = new Cloud(lab)
  host = await Host.up({
    name: HOST,
    init: 'systemd',
    engine: 'docker',
    images: [
      'nova-libvirt:bookworm',
      'nova-libvirt:bookworm-backports',
      'nova-compute:bookworm',
      'network-agent:bookworm',
    ],
  })
  await attachComputeHost(lab, host)
})

after(async () => {
  await host?.down()
  await lab?.down()
})

test('the containers of a release join the cloud as a compute node', async () => {
  await upgrade('one', 'bookworm')
  await until('a hypervisor', async () => {
    const list = await cloud.list('hypervisor', 'list')
    return list.some((one) => one['Hypervisor Type'] === 'QEMU' && one['State'] === 'up')
  })
})

test('Nova boots a guest there', async () => {
  const { disk } = await testSystem()
  const image = ['image', 'create', 'test', '--disk-format', 'raw', '--container-format', 'bare']
  await cloud.must(...image, '--file', disk)
  await cloud.must('flavor', 'create', 'small', '--ram', '256', '--disk', '1', '--vcpus', '1')
  await cloud.must('server', 'create', 'guest', '--image', 'test', '--flavor', 'small', '--nic', 'none')
  await until('the guest is active', async () => (await cloud.server('guest'))['status'] === 'ACTIVE')
  await until('the guest has booted', async () =>
    (await cloud.run('console', 'log', 'show', 'guest')).stdout.includes('MARK system up'),
  )
  assert.equal((await machines()).length, 1)
})

test('the node is upgraded to another libvirt, and the guest is the process it was', async () => {
  const earlier = await qemu()
  assert.match(earlier.version, /^9\./)
  await upgrade('two', 'bookworm-backports')
  const now = await qemu()
  assert.match(now.version, /^11\./)
  assert.deepEqual([now.pid, now.startTime], [earlier.pid, earlier.startTime])
  assert.equal(now.state, 'running')
  assert.equal((await cloud.server('guest'))['status'], 'ACTIVE')
})

test('Nova stops the guest that outlived its libvirt, and it is gone from machinectl', async () => {
  await until('nova-compute is up', async () => {
    const services = await cloud.list('compute', 'service', 'list')
    return services.some(
      (one) => one['Host'] === HOST && one['State'] === 'up' && one['Status'] === 'enabled',
    )
  })
  let asked = Number.NEGATIVE_INFINITY
  await until('the guest is shut off', async () => {
    if ((await cloud.server('guest'))['status'] === 'SHUTOFF') return true
    // Nova on SQLite may drop an action when two of its services write at once ("database is locked"): ask again.
    if (performance.now() - asked > 120_000) {
      asked = performance.now()
      await cloud.must('server', 'stop', 'guest')
    }
    return false
  })
  assert.deepEqual(await machines(), [])
  await cloud.must('server', 'start', 'guest')
  await until('the guest is active again', async () => (await cloud.server('guest'))['status'] === 'ACTIVE')
  await cloud.must('server', 'delete', '--wait', 'guest')
  assert.deepEqual(await machines(), [])
})

/** Locks the example's release with this libvirt, and brings the node to it. */
async function upgrade(name: string, libvirtTag: string): Promise<void> {
  const file = `/etc/anneal/${name}`
  await host.sh(
    `sed 's/^  restart: unless-stopped$/&\\n  labels: {e2e.release: ${name}}/' /opt/anneal/examples/compute/compose.yaml >${file}.yaml
     echo ANNEAL_LIBVIRT=${libvirtTag} >/etc/anneal/.env
     export ANNEAL_ENGINE=docker NO_COLOR=1
     /opt/anneal/anneal node lock ${file}.yaml
     /opt/anneal/anneal node upgrade ${file}.locked.yaml`,
    { timeoutMs: 600_000 },
  )
}

type Qemu = Readonly<{ pid: string; startTime: string; state: string; version: string }>

/** The only guest on the node: its process, and what the libvirt that runs now says of it. */
async function qemu(): Promise<Qemu> {
  const pid = (await host.sh('cat /run/libvirt/qemu/instance-*.pid')).trim()
  const stat = await host.must(['cat', `/proc/${pid}/stat`])
  const startTime = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  const virsh = await host.sh(
    `libvirt=$(docker ps --quiet --filter label=io.anneal.service=libvirt)
     docker exec "$libvirt" virsh --connect qemu:///system list --name | grep . |
       xargs docker exec "$libvirt" virsh --connect qemu:///system domstate
     docker exec "$libvirt" libvirtd --version | grep -o '[0-9.]*$'`,
  )
  const [state = '', version = ''] = virsh.split('\n').filter(Boolean)
  return { pid, startTime, state, version }
}

async function machines(): Promise<readonly string[]> {
  return (await host.must(['machinectl', 'list', '--no-legend'])).split('\n').filter(Boolean)
}
