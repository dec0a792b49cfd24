/**
 * Every route by which Ironic puts an image on a machine, each until the machine answers and is given back: from Glance, and from
 * a registry where this Ironic fetches from registries. One virtual machine with UEFI, by Redfish; with
 * ANNEAL_TEST_MACHINE=bios-ipmi one with BIOS, by IPMI. ANNEAL_TEST_SUITE chooses the OpenStack. What each took is told.
 */
import assert from 'node:assert/strict'
import { cpSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import { isOn, testSystem } from '../../lab/index.ts'
import { must, run } from '../../lab/run.ts'
import type { ArtifactsDocument, DeploymentDocument } from '../../src/contract/index.ts'
import { MetalBed } from '../integration/openstack/support/metal-bed.ts'

/** The last that the test system says: what is looked at stands before it. */
const UP = 'MARK ssh'
const BASE = '6f0f1b9e-5b3c-4a1e-9d1c-3a2b1c4d5e6f'
const suite = process.env['ANNEAL_TEST_SUITE'] ?? ''
const byIpmi = process.env['ANNEAL_TEST_MACHINE'] === 'bios-ipmi'
const noRegistry = ['trixie', 'sid'].includes(suite)
  ? false
  : 'needs ANNEAL_TEST_SUITE=trixie or sid: Ironic fetches from registries since release 29'
const noAutodetect = suite === 'sid' ? false : 'needs ANNEAL_TEST_SUITE=sid: autodetect came with Ironic 35'

let bed: MetalBed
let disk: string
let root: string

before(async () => {
  const machine = { firmware: byIpmi ? 'bios' : 'uefi' } as const
  bed = await MetalBed.up({ nodes: [machine], deployRamdisk: true, registry: noRegistry === false })
  disk = (await testSystem()).disk
  root = await rootOnDisk()
  await enroll()
  await bed.json(['metal', 'provide', bed.machine.name])
})

after(async () => {
  await bed?.down()
})

/** A file system with the test system’s kernel and ramdisk, whose boot entry looks for it on a disk. */
async function rootOnDisk(): Promise<string> {
  const [tree, image] = [join(bed.directory, 'tree'), join(bed.directory, 'root.raw')]
  const { kernel, ramdisk } = await testSystem()
  mkdirSync(join(tree, 'boot/grub'), { recursive: true })
  mkdirSync(join(tree, 'etc'))
  cpSync(kernel, join(tree, 'boot/vmlinuz-6.1.0-1-amd64'))
  cpSync(ramdisk, join(tree, 'boot/initrd.img-6.1.0-1-amd64'))
  writeFileSync(join(tree, 'etc/os-release'), 'ID=debian\nVERSION_ID=12\nPRETTY_NAME="A small Debian"\n')
  const entry = `linux /boot/vmlinuz-6.1.0-1-amd64 root=UUID=${BASE} ro console=ttyS0,115200\n initrd /boot/initrd.img-6.1.0-1-amd64`
  writeFileSync(join(tree, 'boot/grub/grub.cfg'), `menuentry 'A small Debian' {\n ${entry}\n}\n`)
  const mke2fs = ['mke2fs', '-q', '-t', 'ext4', '-U', BASE, '-d', tree, image, '96M']
  await must('make the root file system', mke2fs)
  return image
}

function enroll(more: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
  const { redfish, bmc, firmware } = bed.machine
  const properties = { cpu_arch: 'x86_64', local_gb: 4, capabilities: `boot_mode:${firmware}` }
  if (byIpmi) return bed.json(['metal', 'enroll', bed.inventory({ properties, ...more })])
  const byRedfish = {
    driver: 'redfish',
    bmc: {
      address: redfish.address,
      username: bmc.username,
      password: { file: bmc.passwordFile },
      options: { redfish_system_id: redfish.systemId },
    },
  }
  return bed.json(['metal', 'enroll', bed.inventory({ properties, ...byRedfish, ...more })])
}

/** Logins and authority of the registry, for what runs on this machine. */
function known(): Readonly<Record<string, string>> {
  const authority = bed.lab.registryAuthority
  return authority === undefined ? {} : { NODE_EXTRA_CA_CERTS: authority, SSL_CERT_FILE: authority }
}

/** Deploys, sees the machine answer, and gives it back. */
async function deploys(t: TestContext, image: string, route: string, ...more: string[]): Promise<string> {
  const { name, consoleLog, directory } = bed.machine
  const since = statSync(consoleLog).size
  const console = ['--ready', `console:${UP}`, '--console', `file:${consoleLog}`]
  const words = ['metal', 'deploy', name, '--image', image, ...console, '--timeout', '60m', ...more, '--json']
  const { exitCode, stdout, stderr } = await bed.anneal(words, known())
  const said = readFileSync(consoleLog, 'latin1').slice(since)
  assert.equal(exitCode, 0, `${stderr}${stdout}\n${said.slice(-2000)}`)
  const report = JSON.parse(stdout) as DeploymentDocument
  assert.deepEqual([report.outcome, report.route], ['ready', route])
  const seconds = report.timeline.reduce((sum, one) => sum + one.seconds, 0)
  const written = await run(['blkid', '-p', '-o', 'export', join(directory, 'disk.raw')])
  t.diagnostic(
    `${suite || 'bookworm'} ${byIpmi ? 'BIOS, IPMI' : 'UEFI, Redfish'} ${route}: ${seconds.toFixed(0)} s`,
  )
  await bed.json(['metal', 'undeploy', name])
  assert.equal(isOn(bed.machine), false)
  return `${said}\n${written.stdout}`
}

describe('from Glance', () => {
  test('a whole disk as compressed qcow2 is written by direct, and boots from the disk', async (t) => {
    await bed.json(['image', 'push', disk, '--name', 'disk', '--whole-disk', '--visibility', 'public'])
    assert.match(await deploys(t, 'disk', 'direct'), /MARK command line: .*via=disk/)
  })

  test('a trio boots by ramdisk, and no disk is written', async (t) => {
    await bed.json(['image', 'push', root, '--name', 'trio', '--visibility', 'public'])
    const said = await deploys(t, 'trio', 'ramdisk', '--route', 'ramdisk')
    assert.match(said, new RegExp(`MARK command line: .*root=UUID=${BASE}`))
  })

  test('a trio whose root is on a disk is written and booted by direct+ramdisk', async (t) => {
    const said = await deploys(t, 'trio', 'direct+ramdisk')
    assert.match(said, new RegExp(`MARK command line: .*root=UUID=${BASE}`))
  })
})

describe('from a registry', { skip: noRegistry }, () => {
  const image = (name: string): string => `oci://${bed.lab.endpoints.registry}/metal/${name}:one`

  async function push(file: string, name: string, ...more: string[]): Promise<ArtifactsDocument> {
    const words = ['image', 'push', file, image(name), '--platform', 'linux/amd64', ...more]
    return bed.json(words, known())
  }

  /** Who fetched from the registry, by address. */
  function readers(): ReadonlySet<string> {
    const log = readFileSync(join(bed.lab.directory, 'log/registry.out'), 'utf8')
    return new Set(
      [...log.matchAll(/(10\.77\.\d+\.\d+)[^\n]*GET \/v2\/[^\n]*\/blobs\//g)].map(([, at = '']) => at),
    )
  }

  test('a disk by its tag is fetched by the machine itself', async (t) => {
    await push(disk, 'disk', '--whole-disk')
    assert.match(await deploys(t, image('disk'), 'direct'), /MARK command line: .*via=disk/)
    assert.ok(readers().has(bed.machine.address), [...readers()].join(' '))
  })

  test('a disk by its digest is fetched by the conductor, where the node asks for that', async (t) => {
    const [base] = (await push(disk, 'disk', '--whole-disk')).artifacts
    const { name } = bed.machine
    const set = await bed.lab.openstack([
      'baremetal',
      'node',
      'set',
      name,
      '--driver-info',
      'image_download_source=local',
    ])
    assert.equal(set.exitCode, 0, set.stderr)
    assert.match(await deploys(t, base?.reference ?? '', 'direct'), /MARK command line: .*via=disk/)
    await bed.lab.openstack(['baremetal', 'node', 'unset', name, '--driver-info', 'image_download_source'])
  })

  test('a trio boots its kernel and ramdisk, which the conductor fetches', async (t) => {
    await push(root, 'trio')
    const said = await deploys(t, image('trio'), 'ramdisk', '--route', 'ramdisk')
    assert.match(said, new RegExp(`MARK command line: .*root=UUID=${BASE}`))
  })
})

describe('a node with another deploy interface', () => {
  test('autodetect is deployed by the route that Anneal chose', { skip: noAutodetect }, async (t) => {
    await enroll({ interfaces: { boot: 'ipxe', network: 'noop', deploy: 'autodetect' } })
    assert.match(await deploys(t, 'disk', 'direct'), /MARK command line: .*via=disk/)
    await deploys(t, 'trio', 'ramdisk', '--route', 'ramdisk')
  })

  test('bootc is deployed so as well', { skip: noRegistry }, async (t) => {
    await enroll({ interfaces: { boot: 'ipxe', network: 'noop', deploy: 'bootc' } })
    assert.match(await deploys(t, 'disk', 'direct'), /MARK command line: .*via=disk/)
  })
})
