import assert from 'node:assert/strict'
import { copyFileSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { isOn, testSystem } from '../../../lab/index.ts'
import type { Machine, OpenStackLab } from '../../../lab/index.ts'
import type { RunResult } from '../../../lab/run.ts'
import type { DeploymentReport } from '../../../src/runtime/metal/index.ts'
import { MetalBed, errorOf } from './support/metal-bed.ts'

/** `anneal metal` against real Keystone, Glance and Ironic, and virtual machines behind real BMC endpoints. */
let bed: MetalBed
let lab: OpenStackLab
let inventory: string
let redfishInventory: string
/** Of Ironic 28.0. */
const NEWEST_SPOKEN = 95

before(async () => {
  const name = `metal${process.pid % 10_000}`
  bed = await MetalBed.up({ name, nodes: 2, ironicAuth: ['keystone', 'none', 'basic'] }, 600_000)
  lab = bed.lab
  const second = lab.node('node1')
  inventory = bed.inventory({}, [lab.node('node0')])
  redfishInventory = join(bed.directory, 'redfish.yaml')
  writeFileSync(
    redfishInventory,
    JSON.stringify({
      nodes: [
        {
          name: second.name,
          driver: 'redfish',
          interfaces: { boot: 'ipxe', network: 'noop', inspect: 'redfish' },
          bmc: {
            address: second.redfish.address,
            username: second.bmc.username,
            password: { file: second.bmc.passwordFile },
            options: { redfish_system_id: second.redfish.systemId },
          },
        },
      ],
    }),
  )
})

after(async () => {
  await bed?.down()
})

function firstMachine(): Machine {
  return lab.node('node0')
}

async function openstack(argv: readonly string[]): Promise<Record<string, unknown>> {
  const result = await lab.openstack([...argv, '-f', 'json'])
  assert.equal(result.exitCode, 0, result.stderr)
  const members = Object.entries(JSON.parse(result.stdout) as Record<string, unknown>)
  // The client of 2026 writes `ID` where that of 2023 writes `id`.
  return Object.fromEntries(members.map(([name, value]) => [name.toLowerCase(), value]))
}

/** Makes an image with the official client; Anneal works on what that made. Gives its id. */
async function makeImage(
  name: string,
  format: string,
  container: string,
  file: string,
  properties: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const extra = Object.entries(properties).flatMap(([key, value]) => [
    '--property',
    `${key}=${String(value)}`,
  ])
  // The client reads what is below /tmp.
  const readable = join(bed.directory, basename(file))
  if (readable !== file) copyFileSync(file, readable)
  const form = ['--disk-format', format, '--container-format', container, '--file', readable]
  const image = await openstack(['image', 'create', '--public', ...form, ...extra, name])
  assert.equal(typeof image['id'], 'string')
  return String(image['id'])
}

function code(result: RunResult): string {
  return errorOf(result).code
}

/** The newest version of the API that Anneal and this Ironic speak: Ironic says its own at its root. */
async function newestSpoken(): Promise<string> {
  const reply = await fetch(lab.endpoints.bareMetal)
  const { default_version } = (await reply.json()) as { default_version: { version: string } }
  const newest = Number(default_version.version.replace('1.', ''))
  assert.ok(newest >= 82, default_version.version)
  return `1.${Math.min(newest, NEWEST_SPOKEN)}`
}

describe('a login', () => {
  test('with a password, without any, with HTTP basic, with an application credential and with a token shows the same', async () => {
    const credential = await openstack(['application', 'credential', 'create', 'of-the-test'])
    const token = await openstack(['token', 'issue'])
    const keystone = { OS_CLOUD: '', OS_CLIENT_CONFIG_FILE: '/dev/null', OS_AUTH_URL: lab.endpoints.identity }
    const logins: readonly Readonly<Record<string, string>>[] = [
      { OS_CLOUD: 'lab' },
      { OS_CLOUD: 'lab-standalone' },
      { OS_CLOUD: 'lab-basic' },
      {
        ...keystone,
        OS_AUTH_TYPE: 'v3applicationcredential',
        OS_APPLICATION_CREDENTIAL_ID: String(credential['id']),
        OS_APPLICATION_CREDENTIAL_SECRET: String(credential['secret']),
      },
      { ...keystone, OS_AUTH_TYPE: 'token', OS_TOKEN: String(token['id']), OS_PROJECT_NAME: 'admin' },
    ]
    const spoken = await newestSpoken()
    for (const login of logins) {
      const { exitCode, stdout, stderr } = await bed.anneal(['metal', 'status', '--json'], login)
      assert.equal(exitCode, 0, stderr)
      assert.equal((JSON.parse(stdout) as { api: string }).api, spoken)
    }
  })

  test('with a wrong password is refused with Keystone’s words and request id, and nothing secret', async () => {
    const result = await bed.anneal(['metal', 'status', '--json'], {
      OS_CLOUD: '',
      OS_CLIENT_CONFIG_FILE: '/dev/null',
      OS_AUTH_URL: lab.endpoints.identity,
      OS_USERNAME: 'admin',
      OS_PASSWORD: 'wrong-password',
      OS_PROJECT_NAME: 'admin',
    })
    assert.equal(code(result), 'OPENSTACK_LOGIN_REFUSED')
    assert.match(result.stderr, /requires authentication.*req-/)
    assert.doesNotMatch(result.stderr, /wrong-password/)
  })
})

test('a machine is enrolled once, and its password is nowhere to be seen', async () => {
  const first = await bed.json<{ nodes: { outcome: string }[] }>(['metal', 'enroll', inventory])
  assert.deepEqual(
    first.nodes.map((one) => one.outcome),
    ['created'],
  )
  const second = await bed.json<{ nodes: { outcome: string }[] }>(['metal', 'enroll', inventory])
  assert.deepEqual(
    second.nodes.map((one) => one.outcome),
    ['unchanged'],
  )
  const secret = readFileSync(firstMachine().bmc.passwordFile, 'utf8').trim()
  const told = JSON.stringify([first, second, await bed.anneal(['metal', 'status', '--json'])])
  assert.ok(!told.includes(secret))
})

test('a machine of which nothing is known is inspected over its Redfish, and as often as wanted', async () => {
  const { name, mac } = lab.node('node1')
  await bed.json(['metal', 'enroll', redfishInventory])
  const inspect = ['metal', 'inspect', name]
  for (const _ of ['first', 'second']) {
    const { properties, ...rest } = await bed.json<{
      schema: string
      properties: Record<string, unknown>
    }>(inspect)
    assert.equal(rest.schema, 'anneal.inspection/1')
    const { cpus = 2, cpu_arch, memory_mb, local_gb } = properties
    // Ironic takes a GiB off the disk. Ironic 39 counts no processors.
    assert.deepEqual([cpus, cpu_arch, memory_mb, local_gb].map(String), ['2', 'x86_64', '2048', '4'])
  }
  // The official client sees the same, and the port that Ironic found.
  const node = await openstack(['baremetal', 'node', 'show', name])
  const { memory_mb } = node['properties'] as Record<string, unknown>
  assert.deepEqual([node['provision_state'], String(memory_mb)], ['manageable', '2048'])
  const ports = await openstack(['baremetal', 'port', 'list', '--node', name])
  assert.match(JSON.stringify(ports), new RegExp(mac))
})

test('a machine becomes available, and a second run finds it so', async () => {
  const first = await bed.json<{ nodes: { verbs: string[] }[] }>(['metal', 'provide', firstMachine().name])
  assert.deepEqual(first.nodes[0]?.verbs, ['manage', 'provide'])
  const second = await bed.json<{ nodes: { verbs: string[] }[] }>(['metal', 'provide', firstMachine().name])
  assert.deepEqual(second.nodes[0]?.verbs, [])
})

test('a trio is deployed by ramdisk with the arguments of its property, and the machine answers', async () => {
  const machine = firstMachine()
  const system = await testSystem()
  const kernelId = await makeImage('kernel', 'aki', 'aki', system.kernel)
  const ramdiskId = await makeImage('ramdisk', 'ari', 'ari', system.ramdisk)
  const base = join(bed.directory, 'base')
  writeFileSync(base, 'a base that nobody boots')
  await makeImage('trio', 'ami', 'ami', base, {
    kernel_id: kernelId,
    ramdisk_id: ramdiskId,
    kernel_cmdline: 'console=ttyS0,115200 root=tmpfs said=never',
  })
  const command = [
    'metal',
    'deploy',
    machine.name,
    '--image',
    'trio',
    '--delete-karg',
    'said',
    '--karg',
    'said=once',
  ]

  // What cannot work is refused with nothing changed.
  for (const [more, expected] of [
    [['--route', 'direct'], 'METAL_NO_ROUTE'],
    [['--karg', 'foo='], 'KERNEL_ARGUMENTS_REFUSED'],
    [['--hostname', 'h'], 'METAL_NO_ROUTE'],
    [['--ready', 'console:x'], 'CONSOLE_UNAVAILABLE'],
  ] as const) {
    const result = await bed.anneal([...command, ...more, '--json'])
    assert.equal(code(result), expected)
  }
  const standalone = await bed.anneal([...command, '--json'], { OS_CLOUD: 'lab-standalone' })
  assert.equal(code(standalone), 'OPENSTACK_SERVICE_MISSING')
  const untouched = await openstack(['baremetal', 'node', 'show', machine.name])
  assert.deepEqual([untouched['provision_state'], untouched['instance_info']], ['available', {}])

  const report = await bed.json<DeploymentReport>([
    ...command,
    '--ready',
    'console:MARK ssh',
    '--console',
    `file:${machine.consoleLog}`,
  ])
  assert.deepEqual([report.schema, report.outcome, report.route], ['anneal.deployment/1', 'ready', 'ramdisk'])
  assert.equal(report.answer, 'MARK ssh')
  const states = report.timeline.map((one) => one.state)
  for (const state of ['available', 'deploying', 'active', 'waiting for the console']) {
    assert.ok(states.includes(state), states.join(', '))
  }
  const line = /MARK command line: (.*)/.exec(readFileSync(machine.consoleLog, 'latin1'))?.[1] ?? ''
  assert.match(line, /console=ttyS0,115200 root=tmpfs said=once initrd=/)
  assert.doesNotMatch(line, /never/)

  // What goes on until it is interrupted ends with who reads it.
  const long = join(bed.directory, 'long.log')
  writeFileSync(long, 'a line of a console\n'.repeat(500_000))
  const console = `anneal metal console ${machine.name} --console file:${long}`
  const { stdout: read } = await bed.shell(`${console} | head -c 6; echo " \${PIPESTATUS[*]}"`)
  assert.equal(read, 'a line 141 0\n')

  // The official client sees what Anneal made.
  const node = await openstack(['baremetal', 'node', 'show', machine.name])
  const info = node['instance_info'] as Record<string, unknown>
  assert.deepEqual([node['provision_state'], node['deploy_interface']], ['active', 'direct'])
  assert.equal(info['ramdisk_kernel_arguments'], 'console=ttyS0,115200 root=tmpfs said=once')
  assert.equal(info['anneal_deployment'], report.deployment)

  // The record is kept, and the same command finds it done, now by SSH.
  assert.ok(
    readdirSync(join(bed.directory, 'metal', report.node.uuid)).some((one) =>
      one.includes(report.deployment),
    ),
  )
  const again = await bed.json<DeploymentReport>([...command, '--ready', 'ssh'])
  assert.deepEqual([again.outcome, again.resumedIn], ['ready', 'proving'])
  assert.match(again.answer ?? '', /^SSH-2\.0-/)

  // Another deployment does not push it aside.
  const other = await bed.anneal([...command, '--karg', 'more=1', '--json'])
  assert.equal(code(other), 'METAL_NODE_OCCUPIED')
  // And what provides does not take it away.
  assert.equal(code(await bed.anneal(['metal', 'provide', machine.name, '--json'])), 'METAL_NODE_STATE')
})

test('a machine is undeployed, and nothing of the deployment stays on the node', async () => {
  const machine = firstMachine()
  await bed.json(['metal', 'undeploy', machine.name])
  assert.equal(isOn(machine), false)
  const node = await openstack(['baremetal', 'node', 'show', machine.name])
  assert.deepEqual([node['provision_state'], node['instance_info']], ['available', {}])
})

test('a machine in maintenance is left alone, with the reason', async () => {
  const { name } = firstMachine()
  const maintenance = ['baremetal', 'node', 'maintenance']
  await lab.openstack([...maintenance, 'set', '--reason', 'fan broken', name])
  const result = await bed.anneal(['metal', 'deploy', name, '--image', 'trio', '--json'])
  assert.equal(code(result), 'METAL_NODE_MAINTENANCE')
  assert.match(result.stderr, /fan broken/)
  await lab.openstack([...maintenance, 'unset', name])
})

test('a machine whose driver cannot inspect fails with Ironic’s message', async () => {
  const { name } = firstMachine()
  const result = await bed.anneal(['metal', 'inspect', name, '--json'])
  assert.notEqual(result.exitCode, 0)
  assert.match(result.stderr, /does not support inspect/)
  const node = await openstack(['baremetal', 'node', 'show', name])
  assert.equal(node['provision_state'], 'manageable')
})
