import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { MachineRecord } from '../../conductor/index.ts'
import { SimulatedRack } from '../../../test/fixtures/conductor/index.ts'

const one = (rack: SimulatedRack): MachineRecord => rack.conductor.machines.find('one')
const shown = (rack: SimulatedRack) => [one(rack).powerState, one(rack).targetPowerState, one(rack).lastError]

/** A managed machine that runs and was asked to shut down, which the rack's machines do not do by themselves. */
async function askedToShutDown(seconds?: number): Promise<SimulatedRack> {
  const rack = new SimulatedRack()
  rack.enroll()
  await rack.conductor.ask(one(rack), 'manage')
  await rack.rest()
  await rack.conductor.power(one(rack), 'on')
  await rack.conductor.power(one(rack), 'shutDown', seconds === undefined ? undefined : seconds * 1000)
  return rack
}

describe('a system that was asked to shut down', () => {
  test('is waited for: its machine has a target until it is off, and nobody wonders why', async () => {
    const rack = await askedToShutDown()
    assert.deepEqual(shown(rack), ['power on', 'power off', undefined])
    await rack.clock.sleep(60_000)
    assert.deepEqual(shown(rack), ['power on', 'power off', undefined])
    rack.powerCycle('off')
    await rack.conductor.syncPower()
    await rack.clock.sleep(10_000)
    assert.deepEqual(shown(rack), ['power off', undefined, undefined])
    assert.deepEqual(
      rack.told.filter((text) => /nobody asked/.test(text)),
      [],
    )
  })

  test('that goes on is an error after its time, until the power is cut', async () => {
    const rack = await askedToShutDown(180)
    await rack.clock.sleep(170_000)
    assert.deepEqual(shown(rack), ['power on', 'power off', undefined])
    await rack.clock.sleep(20_000)
    const { targetPowerState, lastError } = one(rack)
    assert.deepEqual([rack.isOn, targetPowerState], [true, undefined])
    assert.match(lastError ?? '', /180 seconds later.*MACHINE_SHUT_DOWN_IGNORED/)
    await rack.conductor.power(one(rack), 'off')
    assert.deepEqual(shown(rack), ['power off', undefined, undefined])
  })

  test('is not waited for any more once a task begins or somebody cuts the power', async () => {
    const rack = await askedToShutDown(180)
    await rack.conductor.ask(one(rack), 'inspect')
    assert.equal(one(rack).targetPowerState, undefined)
    await rack.rest()
    const other = await askedToShutDown(180)
    await other.conductor.power(one(other), 'reset')
    await other.clock.sleep(300_000)
    assert.deepEqual(shown(other), ['power on', undefined, undefined])
  })

  test('is waited for by the next process of the conductor', async () => {
    const rack = await askedToShutDown()
    await rack.conductor.stop()
    await rack.newConductor().start()
    assert.deepEqual(shown(rack), ['power on', 'power off', undefined])
    rack.powerCycle('off')
    await rack.clock.sleep(10_000)
    assert.deepEqual(shown(rack), ['power off', undefined, undefined])
    assert.equal(rack.shutDowns, 1)
  })
})
