/**
 * A virtual machine (TCG) without any disk runs a live image of Debian that was pushed to Glance: Ironic’s own deploy interface
 * `ramdisk` boots it. The witness is the login prompt on the serial port.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { debianImage, isOn } from '../../lab/index.ts'
import type { PushDocument } from '../../src/contract/index.ts'
import { MetalBed } from '../integration/openstack/support/metal-bed.ts'

const MINUTE_MS = 60_000
const LOGIN = 'debian login:'
/** On a busy machine systemd's 90 s are over before the device of the console is there, and no login prompt comes. */
const PATIENT = ['--karg', 'systemd.default_timeout_start_sec=900']

describe('a live image through Ironic, on a machine without a disk', { timeout: 90 * MINUTE_MS }, () => {
  let bed: MetalBed

  before(async () => {
    const image = await debianImage()
    bed = await MetalBed.up({ nodes: [{ memoryMiB: 1024, diskGiB: 0, firmware: 'bios' }] }, 40 * MINUTE_MS)
    const made = await bed.anneal(['image', 'convert', image, '--live', ...PATIENT, '-o', live()])
    assert.equal(made.exitCode, 0, made.stderr)
  })
  after(() => bed?.down())

  const live = (): string => join(bed.directory, 'live')

  test('is pushed as a kernel, a ramdisk, and its boot.json', async () => {
    const push = ['image', 'push', live(), '--name', 'live']
    const { images } = await bed.json<PushDocument>(push)
    assert.deepEqual(
      images.map(({ role, outcome }) => [role, outcome]),
      ['kernel', 'ramdisk', 'base'].map((role) => [role, 'uploaded']),
    )
    assert.equal((await bed.json<PushDocument>(push)).sentBytes, 0)
  })

  test('boots to a login prompt, and nothing is written', async () => {
    const properties = { cpu_arch: 'x86_64', memory_mb: 1024, capabilities: 'boot_mode:bios' }
    await bed.json(['metal', 'enroll', bed.inventory({ properties })])
    await bed.json(['metal', 'provide', bed.machine.name])
    const ready = ['--ready', `console:${LOGIN}`, '--console', `file:${bed.machine.consoleLog}`]
    const words = ['metal', 'deploy', bed.machine.name, '--image', 'live', ...ready, '--ready-timeout', '20m']
    const { outcome, route, reason } = await bed.report(words)
    assert.deepEqual([outcome, route], ['ready', 'ramdisk'], JSON.stringify(reason))
    assert.match(readFileSync(bed.machine.consoleLog, 'latin1'), /squashfs: /)
  })

  test('is taken away again', async () => {
    await bed.json(['metal', 'undeploy', bed.machine.name])
    assert.equal(isOn(bed.machine), false)
  })
})
