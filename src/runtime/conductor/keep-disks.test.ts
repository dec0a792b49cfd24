import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Verb } from '../../conductor/index.ts'
import { REPORT, SimulatedRack } from '../../../test/fixtures/conductor/index.ts'

const disk = (name: string, serial: string, gib = 8): string =>
  `disk name=${name} bytes=${gib * 2 ** 30} sector=512 rotational=0 serial=${serial}\n`
const BASE = REPORT.replace(/^disk.*\n/m, '')
/** A system disk, and a larger one with data. */
const TWO = `${BASE}${disk('vda', 'S-1')}${disk('vdb', 'S-2', 16)}holds disk=vdb on=vdb1 type=ext4 label=my%20data\ncontents known\n`

async function ask(rack: SimulatedRack, verb: Verb): Promise<string> {
  await rack.conductor.ask(rack.conductor.machines.find('one'), verb)
  return rack.rest()
}

async function rackWith(report: string, ...keeps: readonly string[]): Promise<SimulatedRack> {
  const rack = new SimulatedRack()
  rack.report = report
  rack.enroll()
  const machine = rack.conductor.machines.find('one')
  rack.conductor.machines.save({ ...machine, properties: { anneal_keep: keeps.join('\n') } })
  await ask(rack, 'manage')
  return rack
}

function prepare(rack: SimulatedRack, more: Readonly<Record<string, unknown>> = {}): void {
  const machine = rack.conductor.machines.find('one')
  rack.conductor.machines.save({ ...machine, instanceInfo: { image_source: '/image', ...more } })
}

describe('a conductor that is to keep a disk', () => {
  test('cleans a machine except that disk, deploys on another, and leaves it again at the end', async () => {
    const rack = await rackWith(TWO, 'label=my data')
    assert.equal(await ask(rack, 'provide'), 'available')
    assert.deepEqual(rack.conductor.machines.find('one').wiped?.disks, [
      { name: 'vda', way: 'blkdiscard', serial: 'S-1' },
      { name: 'vdb', way: 'kept', why: 'vdb1 has the label "my data" of ext4', serial: 'S-2' },
    ])
    prepare(rack)
    assert.equal(await ask(rack, 'active'), 'active')
    assert.equal(await ask(rack, 'deleted'), 'available')
    assert.deepEqual(rack.touched, ['wipe vda', 'write vda', 'wipe vda'])
    assert.ok(rack.told.includes('vdb is kept: vdb1 has the label "my data" of ext4'), rack.told.join('; '))
  })

  test('refuses a deployment on that disk before anything is written, and says what is on it', async () => {
    const rack = await rackWith(TWO)
    await ask(rack, 'provide')
    rack.touched.length = 0
    prepare(rack, { anneal_keep: 'label=My Data', root_device: { size: 16 } })
    assert.equal(await ask(rack, 'active'), 'deploy failed')
    const { lastError } = rack.conductor.machines.find('one')
    assert.match(lastError ?? '', /disk vdb must be kept: vdb1 has the label "my data" of ext4.*DISK_KEPT/)
    assert.deepEqual([rack.touched, rack.isOn], [[], false])
  })

  test('keeps what the deployment named when the machine is given back', async () => {
    const rack = await rackWith(TWO)
    await ask(rack, 'provide')
    prepare(rack, { anneal_keep: 'serial=S-2' })
    await ask(rack, 'active')
    rack.touched.length = 0
    assert.equal(await ask(rack, 'deleted'), 'available')
    assert.deepEqual(rack.touched, ['wipe vda'])
  })

  test('touches nothing by a ramdisk that does not say what is on the disks', async () => {
    const rack = await rackWith(`${BASE}${disk('vda', 'S-1')}`, 'vg=vg0')
    assert.equal(await ask(rack, 'provide'), 'clean failed')
    assert.match(rack.conductor.machines.find('one').lastError ?? '', /DISK_CONTENTS_UNKNOWN/)
    assert.deepEqual(rack.touched, [])
  })

  test('refuses a wish that it cannot read before the machine is touched', async () => {
    await assert.rejects(rackWith(TWO, 'lable=my data'), { code: 'KEEP_INVALID' })
  })

  test('writes the same disk after a power cut, also where its name has changed', async () => {
    const rack = await rackWith(TWO, 'label=my data')
    await ask(rack, 'provide')
    rack.touched.length = 0
    prepare(rack)
    rack.behaviour = { losesPowerAt: 2 }
    rack.onPowerLoss = () => {
      rack.report = `${BASE}${disk('vda', 'S-2', 16)}${disk('vdb', 'S-1')}holds disk=vda on=vda1 label=my%20data\ncontents known\n`
    }
    assert.equal(await ask(rack, 'active'), 'active')
    assert.deepEqual(rack.touched, ['write vda', 'write vdb'])
  })

  test('gives up after a power cut where the disk is gone, or is now to be kept', async () => {
    for (const [now, code] of [
      [`${BASE}${disk('vda', 'S-2', 16)}contents known\n`, /DISK_GONE/],
      [`${BASE}${disk('vda', 'S-1')}holds disk=vda on=vda1 label=my%20data\ncontents known\n`, /DISK_KEPT/],
    ] as const) {
      const rack = await rackWith(TWO, 'label=my data')
      await ask(rack, 'provide')
      rack.touched.length = 0
      prepare(rack)
      rack.behaviour = { losesPowerAt: 2 }
      rack.onPowerLoss = () => {
        rack.report = now
      }
      assert.equal(await ask(rack, 'active'), 'deploy failed')
      assert.match(rack.conductor.machines.find('one').lastError ?? '', code)
      assert.deepEqual(rack.touched, ['write vda'])
    }
  })
})
