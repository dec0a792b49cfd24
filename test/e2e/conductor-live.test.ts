/**
 * Virtual machines (TCG) without any disk run a live image of Debian, which `anneal metal serve` gives them over the network: one
 * with BIOS by IPMI, one with UEFI by Redfish. The witness is the login prompt on the serial port. The images are built once and kept
 * in the test bed’s directory.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ConductorLab, conductorRamdisk, debianImage, isOn, run } from '../../lab/index.ts'
import { ROOT } from '../../scripts/source/index.ts'
import type { DeploymentDocument } from '../../src/contract/index.ts'

const MINUTE_MS = 60_000
const MACHINES = ['node0', 'node1'] as const
/** On a busy machine systemd's 90 s are over before the device of the console is there, and no login prompt comes. */
const PATIENT = ['--karg', 'systemd.default_timeout_start_sec=900']
const LOGIN = 'debian login:'

let lab: ConductorLab
let directory: string

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'anneal-conductor-live-'))
  const [ramdisk, image] = [await conductorRamdisk(), await debianImage()]
  const words = ['image', 'convert', image, '--live', ...PATIENT, '-o', join(directory, 'live')]
  const made = await run([join(ROOT, 'anneal'), ...words], { timeoutMs: 20 * MINUTE_MS })
  assert.equal(made.exitCode, 0, made.stderr)
  lab = await ConductorLab.up({
    nodes: [
      { firmware: 'bios', driver: 'ipmi', memoryMiB: 768, diskGiB: 0 },
      { firmware: 'uefi', driver: 'redfish', memoryMiB: 768, diskGiB: 0 },
    ],
    ramdisk,
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

const logins = (name: string): number => consoleOf(name).split(LOGIN).length - 1

async function seen(what: () => boolean): Promise<void> {
  for (const sinceMs = Date.now(); !what(); await sleep(500))
    assert.ok(Date.now() - sinceMs < 15 * MINUTE_MS, MACHINES.map(consoleOf).join('\n').slice(-4000))
}

describe('a live image, on machines without a disk', { timeout: 120 * MINUTE_MS }, () => {
  test('finds them available, with nothing to wipe', async () => {
    await right('metal', 'enroll', lab.description.inventoryFile)
    await right('metal', 'provide', ...MACHINES)
    assert.deepEqual(
      MACHINES.map((name) => isOn(machine(name))),
      [false, false],
    )
  })

  for (const name of MACHINES)
    test(`boots ${name} to a login prompt`, async () => {
      const live = ['--image', join(directory, 'live'), '--form', 'live']
      const ready = ['--ready', `console:${LOGIN}`, '--console', `file:${machine(name).consoleLog}`]
      const out = await right('metal', 'deploy', name, ...live, ...ready, '--ready-timeout', '20m', '--json')
      const { outcome, route } = JSON.parse(out) as DeploymentDocument
      assert.deepEqual([outcome, route], ['ready', 'ramdisk'])
      assert.match(consoleOf(name), /squashfs: /)
    })

  test('says beforehand how much memory it needs', () => {
    assert.match(conductorLog(), /node0: the live image needs \d+ MiB of memory/)
  })

  test('boots again at the next start, also where the conductor was killed meanwhile', async () => {
    const earlier = logins('node1')
    await lab.stopService('conductor', 'abruptly')
    await lab.startService('conductor')
    const url = `${lab.endpoints['conductor']}/v1/nodes/node1/states/power`
    const asked = await fetch(url, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', 'x-openstack-ironic-api-version': '1.82' },
      body: JSON.stringify({ target: 'rebooting' }),
    })
    assert.equal(asked.status, 202)
    await seen(() => logins('node1') > earlier)
  })

  test('is gone once the machines are given back', async () => {
    for (const name of MACHINES) await right('metal', 'undeploy', name)
    assert.deepEqual(
      MACHINES.map((name) => isOn(machine(name))),
      [false, false],
    )
    assert.deepEqual(readdirSync(join(lab.directory, 'conductor/boot-sets')), [])
  })
})
