/**
 * Debian's ironic-python-agent deploys virtual machines (TCG, 2 GiB) through `anneal metal serve`, without OpenStack: its ramdisk
 * boots over the network, wipes, writes a whole disk with a config drive, and the machine answers. With BIOS by IPMI, and with
 * UEFI by Redfish.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { ConductorLab, conductorRamdisk, deployRamdisk, isOn, testSystem } from '../../lab/index.ts'
import type { DeploymentDocument } from '../../src/contract/index.ts'

const MINUTE_MS = 60_000
const MACHINES = ['node0', 'node1'] as const

let lab: ConductorLab
let directory: string
let image: string

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'anneal-conductor-agent-'))
  const [ramdisk, agent, system] = [await conductorRamdisk(), await deployRamdisk(), await testSystem()]
  image = system.disk
  lab = await ConductorLab.up({
    nodes: [
      { firmware: 'bios', driver: 'ipmi', memoryMiB: 2048, deploy: 'direct' },
      { firmware: 'uefi', driver: 'redfish', memoryMiB: 2048, deploy: 'direct' },
    ],
    ramdisk,
    agent: dirname(agent.kernel),
  })
})

after(async () => {
  await lab?.down()
  if (directory !== undefined) rmSync(directory, { recursive: true })
})

async function right(...words: readonly string[]): Promise<string> {
  const options = { state: join(directory, 'state'), timeoutMs: 40 * MINUTE_MS }
  const { exitCode, stdout, stderr } = await lab.anneal(words, options)
  const told = `${stderr}\n${conductorLog().slice(-3000)}\n${MACHINES.map((name) => consoleOf(name).slice(-1500)).join('\n')}`
  assert.equal(exitCode, 0, `${words.join(' ')}\n${told}`)
  return stdout
}

function conductorLog(): string {
  return readFileSync(join(lab.directory, 'log', 'conductor.out'), 'utf8')
}

function machine(name: string) {
  const found = lab.nodes.find((one) => one.name === name)
  assert.ok(found, name)
  return found
}

function consoleOf(name: string): string {
  return readFileSync(machine(name).consoleLog, 'latin1')
}

describe('ironic-python-agent, through a conductor of Anneal', () => {
  for (const name of MACHINES) {
    test(`wipes the disk of ${name}, and tells what the machine is made of`, async () => {
      if (name === MACHINES[0]) await right('metal', 'enroll', lab.description.inventoryFile)
      await right('metal', 'provide', name)
      assert.equal(isOn(machine(name)), false)
      assert.match(conductorLog(), new RegExp(`${name}: wiped by ironic-python-agent: erase_devices_express`))
    })

    test(`deploys a whole disk with a config drive on ${name}, and the machine answers`, async () => {
      const wished = ['--hostname', `host-of-${name}`, '--ready', 'ssh']
      const out = await right('metal', 'deploy', name, '--image', image, ...wished, '--json')
      const report = JSON.parse(out) as DeploymentDocument
      assert.deepEqual([report.outcome, report.route], ['ready', 'direct'])
      assert.match(consoleOf(name), new RegExp(`MARK config drive on .*"hostname": ?"host-of-${name}"`))
    })

    test(`gives ${name} back`, async () => {
      await right('metal', 'undeploy', name)
      assert.equal(isOn(machine(name)), false)
    })
  }

  test('goes on with a deployment when the conductor is killed while the agent writes', async () => {
    const name = MACHINES[0]
    const earlier = conductorLog().length
    const deploying = right('metal', 'deploy', name, '--image', image, '--ready', 'ssh', '--json')
    await seen(() => /ironic-python-agent writes/.test(conductorLog().slice(earlier)))
    await lab.stopService('conductor', 'abruptly')
    await lab.startService('conductor')
    assert.equal((JSON.parse(await deploying) as DeploymentDocument).outcome, 'ready')
    await right('metal', 'undeploy', name)
  })

  test('leaves no token in the log of the conductor or its database', () => {
    const tokens = MACHINES.flatMap((name) => [
      ...consoleOf(name).matchAll(/ipa-agent-token=([0-9a-f]{64})/g),
    ])
    for (const [, token = ''] of tokens) {
      assert.ok(!conductorLog().includes(token))
      assert.ok(!readFileSync(join(lab.directory, 'conductor', 'conductor.db'), 'latin1').includes(token))
    }
  })
})

async function seen(looks: () => boolean): Promise<void> {
  for (const sinceMs = Date.now(); !looks();) {
    assert.ok(Date.now() - sinceMs < 20 * MINUTE_MS, conductorLog().slice(-3000))
    await new Promise((resolve) => {
      setTimeout(resolve, 500)
    })
  }
}
