import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { MachineRecord } from '../../conductor/index.ts'
import { SimulatedRack } from '../../../test/fixtures/conductor/index.ts'

/** A machine that is managed, and off. */
async function managedRack(): Promise<SimulatedRack> {
  const rack = new SimulatedRack()
  rack.enroll()
  await rack.conductor.ask(rack.conductor.machines.find('one'), 'manage')
  await rack.rest()
  return rack
}

async function rounds(rack: SimulatedRack, count: number): Promise<MachineRecord> {
  for (let round = 0; round < count; round += 1) await rack.conductor.syncPower()
  return rack.conductor.machines.find('one')
}

describe('the power state of machines', () => {
  test('is what the BMC says, and not what was asked for last', async () => {
    const rack = await managedRack()
    assert.equal((await rounds(rack, 1)).powerState, 'power off')
    rack.powerCycle()
    const found = await rounds(rack, 1)
    assert.deepEqual([found.powerState, rack.isOn], ['power on', true])
    assert.ok(rack.told.includes('it is on, and nobody asked for that here'), rack.told.join('; '))
  })

  test('is not asked for before a machine is managed, nor while somebody is at it', async () => {
    const rack = new SimulatedRack()
    rack.enroll()
    await rounds(rack, 1)
    rack.conductor.machines.maintain(rack.conductor.machines.find('one'), 'a fan is loud')
    await rounds(rack, 1)
    assert.equal(rack.questions, 0)
  })

  test('is not asked for while a task is at work on the machine', async () => {
    const rack = await managedRack()
    rack.behaviour = { silent: true }
    await rack.conductor.ask(rack.conductor.machines.find('one'), 'inspect')
    await rack.clock.sleep(60_000)
    const before = rack.questions
    await rounds(rack, 3)
    assert.equal(rack.questions, before)
    await rack.rest()
    await rounds(rack, 1)
    assert.equal(rack.questions > before, true)
  })

  test('of an answer that comes after a task began changes nothing', async () => {
    const rack = await managedRack()
    const round = rack.conductor.syncPower()
    rack.powerCycle()
    const saved = rack.conductor.machines.find('one')
    await rack.conductor.ask(saved, 'inspect')
    await round
    assert.ok(!rack.told.some((text) => /nobody asked/.test(text)), rack.told.join('; '))
    await rack.rest()
  })

  test('a BMC that fails four times in a row brings its machine into maintenance, and back when it answers', async () => {
    const rack = await managedRack()
    rack.bmc = 'dead'
    assert.equal((await rounds(rack, 3)).maintenance, false)
    const failed = await rounds(rack, 1)
    assert.deepEqual(
      [failed.maintenance, failed.fault, failed.powerState],
      [true, 'power failure', undefined],
    )
    assert.match(failed.maintenanceReason ?? '', /4 times in a row: .*does not answer/)
    assert.equal(failed.lastError, failed.maintenanceReason)
    await rounds(rack, 2)
    rack.bmc = 'answers'
    const back = await rounds(rack, 1)
    assert.deepEqual(
      [back.maintenance, back.fault, back.powerState, back.maintenanceReason, back.lastError],
      [false, undefined, 'power off', undefined, undefined],
    )
  })

  test('one answer makes good for the failures before it', async () => {
    const rack = await managedRack()
    rack.bmc = 'dead'
    await rounds(rack, 3)
    rack.bmc = 'answers'
    await rounds(rack, 1)
    rack.bmc = 'dead'
    assert.equal((await rounds(rack, 3)).maintenance, false)
  })

  test('a person who sets maintenance keeps the machine in it when the BMC answers again', async () => {
    const rack = await managedRack()
    rack.bmc = 'dead'
    rack.conductor.machines.maintain(await rounds(rack, 4), 'its BMC is being replaced')
    rack.bmc = 'answers'
    const kept = await rounds(rack, 2)
    assert.deepEqual([kept.maintenance, kept.maintenanceReason], [true, 'its BMC is being replaced'])
  })

  test('a failed task leaves its reason while the BMC answers', async () => {
    const rack = await managedRack()
    rack.conductor.machines.save({ ...rack.conductor.machines.find('one'), lastError: 'a disk is broken' })
    rack.powerCycle()
    assert.equal((await rounds(rack, 1)).lastError, 'a disk is broken')
  })
})
