/**
 * Through Nova and its Ironic driver, for real: `anneal metal deploy --via nova` asks for a server, and a machine without
 * an operating system is deployed by way of the deploy ramdisk; then it is undeployed, and available again.
 */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { isOn, testSystem } from '../../lab/index.ts'
import { run } from '../../lab/run.ts'
import { MetalBed, errorOf } from '../integration/openstack/support/metal-bed.ts'
import { Cloud, until } from './cloud.ts'

let bed: MetalBed
let cloud: Cloud
let key: string
let network: string

type Undeployed = Readonly<{ nodes: readonly { verbs: readonly string[] }[] }>

const ONLY_ITS_CLASS = ['VCPU', 'MEMORY_MB', 'DISK_GB'].flatMap((one) => ['--property', `resources:${one}=0`])

before(async () => {
  bed = await MetalBed.up({ nodes: [{ firmware: 'uefi' }], nova: true, deployRamdisk: true })
  cloud = new Cloud(bed.lab)
  key = join(bed.directory, 'key')
  await run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', key])
  writeFileSync(join(bed.directory, 'user-data'), '#cloud-config\n{}\n')
  network = String((await cloud.one('network', 'create', 'machines'))['id'])
  const range = ['--subnet-range', '192.0.2.0/24', '--no-dhcp']
  await cloud.must('subnet', 'create', '--network', network, ...range, 'machines')
})

after(async () => {
  await bed?.down()
})

function deploy(...more: readonly string[]): readonly string[] {
  const { name, consoleLog } = bed.machine
  const server = ['--via', 'nova', '--image', 'metal', '--flavor', 'metal', '--network', network]
  const drive = ['--ssh-key', `${key}.pub`, '--user-data', join(bed.directory, 'user-data')]
  const ready = ['--ready', 'console:MARK ssh', '--console', `file:${consoleLog}`]
  return ['metal', 'deploy', name, ...server, ...drive, ...ready, ...more]
}

async function refusal(argv: readonly string[]): Promise<string> {
  const { code, remedy } = errorOf(await bed.anneal([...argv, '--json']))
  assert.notEqual(remedy, '')
  return code
}

test('a node of Ironic is a hypervisor of Nova', async () => {
  await bed.enroll()
  const uuid = (await bed.node()).uuid
  await until('the hypervisor', async () => {
    const list = await cloud.list('hypervisor', 'list')
    return list.some((one) => one['Hypervisor Type'] === 'ironic' && one['Hypervisor Hostname'] === uuid)
  })
  // Placement learns of the resource class a little later.
  await until('its inventory', async () => {
    const response = await fetch(
      `${bed.lab.endpoints.placement}/allocation_candidates?resources=CUSTOM_BAREMETAL:1`,
      { headers: { 'x-auth-token': await bed.lab.token(), 'openstack-api-version': 'placement 1.10' } },
    )
    const { allocation_requests: found } = (await response.json()) as { allocation_requests?: unknown[] }
    return (found ?? []).length > 0
  })
})

test('what Nova cannot do is refused before anything changes', async () => {
  const { disk } = await testSystem()
  await bed.image('metal', { disk: 'raw', container: 'bare', file: disk })
  await bed.trio('trio')
  const flavor = ['flavor', 'create', '--ram', '1024', '--disk', '2', '--vcpus', '1']
  await cloud.must(...flavor, 'metal', '--property', 'resources:CUSTOM_BAREMETAL=1', ...ONLY_ITS_CLASS)
  await cloud.must(...flavor, 'of-vms')
  await cloud.must(...flavor, 'of-others', '--property', 'resources:CUSTOM_OTHER=1', ...ONLY_ITS_CLASS)
  const cases: readonly Readonly<[readonly string[], string]>[] = [
    [['--flavor', 'of-vms'], 'METAL_NOVA_CANNOT'],
    [['--flavor', 'of-others'], 'METAL_NOVA_CANNOT'],
    [['--flavor', 'of-nobody'], 'OPENSTACK_NAME_UNKNOWN'],
    [['--image', 'trio'], 'METAL_NOVA_CANNOT'],
    [['--karg', 'quiet'], 'METAL_NOVA_CANNOT'],
    [['--key', 'another'], 'METAL_NOVA_CANNOT'],
    [['--network', 'by-name'], 'USAGE'],
    [['--network', 'none'], 'USAGE'],
  ]
  for (const [more, code] of cases) assert.equal(await refusal(deploy(...more)), code, more.join(' '))
  // Nova's driver fails on a config drive for a server without a network.
  const withoutNetwork = deploy().map((word) => (word === network ? 'none' : word))
  assert.equal(await refusal(withoutNetwork), 'METAL_NOVA_CANNOT')
  assert.deepEqual(await cloud.list('server', 'list'), [])
  assert.equal((await bed.node()).provision_state, 'available')
})

test('a server is deployed onto the machine that was named, though Anneal is killed in the middle', async () => {
  await (await bed.underWay(deploy(), /"effect":"awaitServer"/)).kill()
  const report = await bed.report(deploy())
  assert.deepEqual([report.outcome, report.resumedIn], ['ready', 'deploying'], JSON.stringify(report))
  assert.match(readFileSync(bed.machine.consoleLog, 'latin1'), /MARK command line: .*via=disk/)
  const servers = await cloud.list('server', 'list')
  assert.deepEqual(
    servers.map((one) => [one['Name'], one['Status']]),
    [[bed.machine.name, 'ACTIVE']],
  )
  const { instance_uuid: instance, provision_state: state } = await bed.node()
  assert.deepEqual([instance, state], [servers[0]?.['ID'], 'active'])
  // The key of the config drive lets in.
  const ssh = ['ssh', '-i', key, '-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null']
  const login = await run([...ssh, '-o', 'BatchMode=yes', `root@${bed.machine.address}`, 'true'])
  assert.equal(login.exitCode, 0, login.stderr)
})

test('the same command finds it done, and another deployment does not push it aside', async () => {
  const again = await bed.report(deploy())
  assert.deepEqual([again.outcome, again.resumedIn], ['ready', 'proving'])
  assert.equal(await refusal(deploy('--hostname', 'another')), 'METAL_NODE_OCCUPIED')
  const direct = ['metal', 'deploy', bed.machine.name, '--image', 'metal', '--ready', 'active']
  assert.equal(await refusal(direct), 'METAL_NODE_OCCUPIED')
})

test('undeployed, the server is gone from Nova, and the node is off and available again', async () => {
  const { nodes } = await bed.json<Undeployed>(['metal', 'undeploy', bed.machine.name])
  assert.deepEqual(nodes[0]?.verbs, ['server removed'])
  assert.deepEqual(await cloud.list('server', 'list'), [])
  const { instance_uuid: instance, provision_state: state } = await bed.node()
  assert.deepEqual([instance, state], [null, 'available'])
  assert.equal(isOn(bed.machine), false)
})
