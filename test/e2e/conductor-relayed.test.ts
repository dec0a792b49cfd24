/**
 * Machines behind a DHCP relay agent and a router, from enroll to a login: `anneal metal serve` with two networks, the relay agent of
 * ISC DHCP, and virtual machines whose cards are plugged into the network behind it.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { parse, stringify } from 'yaml'
import { ConductorLab, conductorRamdisk, run, testSystem } from '../../lab/index.ts'
import { REPOSITORY } from '../../lab/paths.ts'
import type { RunResult } from '../../lab/run.ts'
import type { DeploymentDocument } from '../../src/contract/index.ts'
import { startRelayedRack } from '../integration/metal/support/netboot-bed.ts'
import type { RelayedRack } from '../integration/metal/support/netboot-bed.ts'

const ANNEAL = join(REPOSITORY, 'anneal')
const noRelay = existsSync('/usr/sbin/dhcrelay') ? false : 'needs isc-dhcp-relay'

describe('behind a relay agent', { skip: noRelay }, () => {
  let directory: string
  let lab: ConductorLab
  let rack: RelayedRack
  let conductor: ChildProcess
  let image: string

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'anneal-relayed-'))
    const [ramdisk, system] = await Promise.all([conductorRamdisk(), testSystem()])
    image = system.disk
    lab = await ConductorLab.up({
      nodes: [
        { firmware: 'bios', driver: 'ipmi' },
        { firmware: 'uefi', driver: 'redfish', networkRom: 'nothing' },
      ],
    })
    rack = await startRelayedRack(lab)
    await plugBehind(lab, rack)
    const own = rack.gateway.replace(/1$/, '0/24')
    const words = lab.serveWords.map((word) => (word === 'DIR' ? ramdisk : word))
    words.push('--subnet', own, '--gateway', rack.gateway)
    const { namespace } = lab.description.network
    conductor = spawn('ip', ['netns', 'exec', namespace, ANNEAL, ...words], { stdio: 'inherit' })
    for (let waited = 0; (await anneal('metal', 'status')).exitCode !== 0; waited += 1) {
      assert.ok(waited < 60 && conductor.exitCode === null, 'the conductor does not answer')
      await sleep(500)
    }
  })

  after(async () => {
    if (conductor !== undefined && conductor.exitCode === null) {
      const ended = new Promise((resolve) => conductor.once('exit', resolve))
      conductor.kill('SIGTERM')
      await ended
    }
    await rack?.[Symbol.asyncDispose]()
    await lab?.down()
    if (directory !== undefined) rmSync(directory, { recursive: true })
  })

  function anneal(...words: readonly string[]): Promise<RunResult> {
    return lab.anneal(words, { state: join(directory, 'state'), timeoutMs: 20 * 60_000 })
  }

  async function right(...words: readonly string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await anneal(...words)
    assert.equal(exitCode, 0, `${words.join(' ')}\n${stderr}`)
    return stdout
  }

  /** The inventory of the lab, with addresses of the network behind the relay agent. */
  function inventory(): string {
    type Inventory = { nodes: { address: string }[] }
    const all = parse(readFileSync(lab.description.inventoryFile, 'utf8')) as Inventory
    for (const [index, node] of all.nodes.entries())
      node.address = rack.gateway.replace(/1$/, `${31 + index}`)
    const path = join(directory, 'inventory.yaml')
    writeFileSync(path, stringify(all))
    return path
  }

  test('machines are enrolled, wiped, written, and answer at their addresses', async () => {
    await right('metal', 'enroll', inventory())
    await right('metal', 'provide', 'node0', 'node1')
    for (const [name, route] of [
      ['node0', 'iscsi'],
      ['node1', 'stream'],
    ] as const) {
      const words = [
        '--image',
        image,
        '--route',
        route,
        '--hostname',
        `far-${name}`,
        '--ready',
        'ssh',
        '--json',
      ]
      const report = JSON.parse(await right('metal', 'deploy', name, ...words)) as DeploymentDocument
      assert.deepEqual([report.outcome, report.route], ['ready', route])
      const consoleLog = lab.nodes.find((one) => one.name === name)?.consoleLog ?? ''
      assert.match(readFileSync(consoleLog, 'latin1'), new RegExp(`"hostname": ?"far-${name}"`))
    }
    assert.match(rack.log(), /Forwarded BOOTREQUEST/)
    await right('metal', 'undeploy', 'node0', 'node1')
  })
})

/** The cards of the machines: in the lab’s namespace, where QEMU runs, and on the wire of the rack, which has no address there. */
async function plugBehind(lab: ConductorLab, rack: RelayedRack): Promise<void> {
  const { namespace } = lab.description.network
  const { segment } = rack
  const wire = ['link', 'add', 'far', 'type', 'veth', 'peer', 'name', 'far0', 'netns', segment.namespace]
  const commands = [
    ['-n', namespace, 'link', 'add', 'farbr', 'type', 'bridge'],
    ['-n', namespace, ...wire],
    ['-n', namespace, 'link', 'set', 'far', 'master', 'farbr', 'up'],
    ['-n', segment.namespace, 'link', 'set', 'far0', 'master', segment.bridge, 'up'],
    ['-n', namespace, 'link', 'set', 'farbr', 'up'],
    ...lab.nodes.map((_, index) => ['-n', namespace, 'link', 'set', `tap${index}`, 'master', 'farbr', 'up']),
  ]
  for (const words of commands) {
    const said = await run(['ip', ...words])
    assert.equal(said.exitCode, 0, said.stderr)
  }
}
