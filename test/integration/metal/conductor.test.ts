/**
 * `anneal metal serve` as a whole, without OpenStack: real dnsmasq, BMC endpoints, firmware, iPXE and the deploy ramdisk in
 * virtual machines of 512 MiB. The witness is the machine: what was deployed boots and its SSH server answers.
 */
import assert from 'node:assert/strict'
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { ConductorLab, isOn, testSystem } from '../../../lab/index.ts'
import type { ConductorMachine } from '../../../lab/index.ts'
import { REPOSITORY, labPath } from '../../../lab/paths.ts'
import { run } from '../../../lab/run.ts'
import type { RunResult } from '../../../lab/run.ts'
import type { DeploymentDocument } from '../../../src/contract/index.ts'

const ANNEAL = join(REPOSITORY, 'anneal')
const MINUTE_MS = 60_000

let lab: ConductorLab
let directory: string
let image: string

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'anneal-conductor-'))
  const [ramdisk, system] = await Promise.all([builtRamdisk(), testSystem()])
  image = system.disk
  lab = await ConductorLab.up({
    nodes: [
      { firmware: 'bios', driver: 'ipmi', memoryMiB: 512 },
      { firmware: 'uefi', driver: 'redfish', memoryMiB: 512 },
    ],
    ramdisk,
  })
})

after(async () => {
  await lab?.down()
  if (directory !== undefined) rmSync(directory, { recursive: true })
})

/** Built once and kept in the lab, as its other systems are. */
async function builtRamdisk(): Promise<string> {
  const made = labPath('conductor-ramdisk')
  if (existsSync(join(made, 'ramdisk.json'))) return made
  mkdirSync(made, { recursive: true })
  const built = await run([ANNEAL, 'metal', 'ramdisk', made], { timeoutMs: 15 * MINUTE_MS })
  assert.equal(built.exitCode, 0, built.stderr)
  return made
}

function anneal(...words: readonly string[]): Promise<RunResult> {
  return lab.anneal(words, { state: join(directory, 'state'), timeoutMs: 20 * MINUTE_MS })
}

async function right(...words: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await anneal(...words)
  assert.equal(exitCode, 0, `${words.join(' ')}\n${stderr}\n${conductorLog()}`)
  return stdout
}

function conductorLog(part: 'end' | 'whole' = 'end'): string {
  const log = readFileSync(join(lab.directory, 'log', 'conductor.out'), 'utf8')
  return part === 'end' ? log.slice(-3000) : log
}

function machine(name: string): ConductorMachine {
  const found = lab.nodes.find((one) => one.name === name)
  assert.ok(found, name)
  return found
}

async function deploy(name: string, ...words: readonly string[]): Promise<DeploymentDocument> {
  const out = await right('metal', 'deploy', name, ...words, '--json')
  return JSON.parse(out) as DeploymentDocument
}

/** What the system that runs on a machine prints, over its console log. */
function consoleOf(name: string): string {
  return readFileSync(machine(name).consoleLog, 'latin1')
}

describe('a conductor without OpenStack', () => {
  test('enrolls machines, asks their BMCs, and wipes their disks', async () => {
    await right('metal', 'enroll', lab.description.inventoryFile)
    await right('metal', 'provide', 'node0', 'node1')
    const status = JSON.parse(await right('metal', 'status', '--json')) as {
      nodes: readonly { name: string; state: string }[]
    }
    assert.deepEqual(status.nodes.map(({ name, state }) => `${name} ${state}`).toSorted(), [
      'node0 available',
      'node1 available',
    ])
    assert.deepEqual([isOn(machine('node0')), isOn(machine('node1'))], [false, false])
    // The ramdisk booted on both firmwares and said what it did.
    for (const name of ['node0', 'node1']) assert.match(consoleOf(name), /anneal/i)
  })

  for (const name of ['node0', 'node1']) {
    test(`deploys a whole disk with a config drive on ${name}, and the machine answers`, async () => {
      const wished = ['--verify', 'all', '--hostname', `host-of-${name}`]
      const report = await deploy(name, '--image', image, ...wished, '--ready', 'ssh')
      assert.match(consoleOf(name), new RegExp(`MARK config drive on .*"hostname": ?"host-of-${name}"`))
      assert.deepEqual([report.outcome, report.route], ['ready', 'stream'])
    })
  }

  test('keeps no password: not in its database, its log, or what runs', async () => {
    const password = readFileSync(machine('node0').bmc.passwordFile, 'utf8').trim()
    const state = join(lab.directory, 'conductor')
    assert.doesNotMatch(readFileSync(join(state, 'conductor.db'), 'latin1'), new RegExp(password))
    assert.doesNotMatch(conductorLog(), new RegExp(password))
    for (const pid of readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
      const line = await readIf(`/proc/${pid}/cmdline`)
      assert.ok(!line.includes(password), line)
    }
  })

  test('goes on with a deployment when it is killed, and finishes it', async () => {
    await right('metal', 'undeploy', 'node0')
    // Not that of an earlier deployment: the conductor has to end in the middle of this one.
    const waits = (): number => conductorLog('whole').split('deploy: wait call-back').length
    const earlier = waits()
    const deploying = deploy('node0', '--image', image, '--ready', 'ssh')
    await seen(() => waits() > earlier)
    await lab.stopService('conductor', 'abruptly')
    await lab.startService('conductor')
    assert.equal((await deploying).outcome, 'ready')
  })

  test('writes a root file system by iSCSI, and boots its kernel and ramdisk over the network', async () => {
    await right('metal', 'undeploy', 'node0')
    const trio = await trioImage()
    const form = ['--form', 'trio', '--route', 'iscsi', '--karg', 'anneal.added=1']
    const report = await deploy('node0', '--image', trio, ...form, '--ready', 'ssh')
    assert.deepEqual([report.outcome, report.route], ['ready', 'iscsi'])
    const booted = consoleOf('node0').slice(consoleOf('node0').lastIndexOf('MARK command line'))
    assert.match(booted, new RegExp(`root=UUID=${ROOT_UUID}.* anneal\\.added=1`))
    const found = await run(
      ['blkid', '-p', '-O', '1048576', '-o', 'value', '-s', 'UUID', machine('node0').disk],
      {},
    )
    assert.equal(found.stdout.trim(), ROOT_UUID)
    const checked = await run(['sgdisk', '-v', machine('node0').disk], {})
    assert.match(checked.stdout, /No problems found/)
  })

  test('takes a machine back, wiped', async () => {
    await right('metal', 'undeploy', 'node0', 'node1')
    assert.equal(isOn(machine('node0')), false)
    const head = Buffer.alloc(2 ** 20)
    const disk = openSync(machine('node0').disk, 'r')
    readSync(disk, head)
    closeSync(disk)
    assert.ok(head.every((byte) => byte === 0))
  })
})

const ROOT_UUID = '11111111-2222-4333-8444-555555555555'

/** A disk with one ext4 that extlinux would boot: the test system's kernel and ramdisk, whose root is never mounted. */
async function trioImage(): Promise<string> {
  const tree = join(directory, 'tree')
  const system = await testSystem()
  mkdirSync(join(tree, 'boot/extlinux'), { recursive: true })
  for (const one of ['etc', 'sbin', 'usr/sbin']) mkdirSync(join(tree, one), { recursive: true })
  writeFileSync(join(tree, 'etc/os-release'), 'NAME=Test\nID=test\nPRETTY_NAME="Test system"\n')
  writeFileSync(join(tree, 'sbin/init'), '#!/bin/sh\n')
  copyFileSync(system.kernel, join(tree, 'boot/vmlinuz'))
  copyFileSync(system.ramdisk, join(tree, 'boot/initrd'))
  writeFileSync(join(tree, 'etc/fstab'), `UUID=${ROOT_UUID} / ext4 defaults 0 1\n`)
  writeFileSync(
    join(tree, 'boot/extlinux/extlinux.conf'),
    `default one\nlabel one\n  linux /boot/vmlinuz\n  initrd /boot/initrd\n  append root=UUID=${ROOT_UUID} console=ttyS0\n`,
  )
  const disk = join(directory, 'trio.raw')
  const script = `
    truncate -s 256M ${disk}
    printf 'label: gpt\\nstart=2048, type=linux, attrs=LegacyBIOSBootable\\n' | sfdisk -q ${disk}
    mke2fs -q -t ext4 -U ${ROOT_UUID} -d ${tree} -E offset=1048576 ${disk} 250M`
  const made = await run(['bash', '-euc', script], {})
  assert.equal(made.exitCode, 0, made.stderr)
  return disk
}

async function seen(looks: () => boolean): Promise<void> {
  for (const sinceMs = Date.now(); !looks();) {
    assert.ok(Date.now() - sinceMs < 5 * MINUTE_MS, conductorLog())
    await new Promise((resolve) => {
      setTimeout(resolve, 500)
    })
  }
}

async function readIf(path: string): Promise<string> {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
