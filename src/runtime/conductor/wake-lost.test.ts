/** A machine that lost power, or cannot trust the conductor any more, while no conductor ran: its disk is written anew at once. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { availableRack, setInfo } from '../../../test/fixtures/conductor/index.ts'
import type { SimulatedRack } from '../../../test/fixtures/conductor/index.ts'

/** A deployment whose conductor ends after one piece; `meanwhile` happens before the next one starts. */
async function interrupted(meanwhile: (rack: SimulatedRack) => void): Promise<SimulatedRack> {
  const rack = await availableRack()
  setInfo(rack)
  rack.behaviour = { pieceMs: 20_000 }
  await rack.conductor.ask(rack.conductor.machines.find('one'), 'active')
  while (rack.disk.size === 0) await rack.clock.sleep(1000)
  await rack.conductor.stop()
  meanwhile(rack)
  return rack
}

async function goesOn(rack: SimulatedRack): Promise<number> {
  const sinceMs = rack.clock.monotonic()
  await rack.newConductor().start()
  assert.equal(await rack.rest(), 'active', rack.conductor.machines.find('one').lastError)
  assert.equal(rack.disk.size, 4)
  return rack.clock.monotonic() - sinceMs
}

describe('a machine that is not heard any more when the conductor is back', () => {
  test('is switched on at once where it is off, and its disk is written again', async () => {
    const rack = await interrupted((one) => {
      one.behaviour = {}
      one.powerCycle('off')
    })
    assert.ok((await goesOn(rack)) < 30_000)
    assert.deepEqual(rack.ran, ['ramdisk', 'ramdisk', 'disk'])
  })

  test('is started again after a minute where it is on and its firmware has given up', async () => {
    const rack = await interrupted((one) => {
      // It starts while nobody answers, and gives up.
      one.behaviour = { silent: true }
      one.powerCycle('on')
      one.behaviour = {}
    })
    assert.ok((await goesOn(rack)) < 120_000)
    assert.deepEqual(rack.ran, ['ramdisk', 'nothing', 'ramdisk', 'disk'])
  })

  test('goes on undisturbed where its ramdisk asks again', async () => {
    const rack = await interrupted((one) => {
      one.behaviour = {}
    })
    await goesOn(rack)
    assert.deepEqual(rack.ran, ['ramdisk', 'disk'])
  })

  test('is started once and no more: then its silence counts', async () => {
    const rack = await interrupted((one) => {
      one.behaviour = { silent: true }
      one.powerCycle('off')
    })
    await rack.newConductor().start()
    assert.equal(await rack.rest(), 'deploy failed')
    assert.match(rack.conductor.machines.find('one').lastError ?? '', /MACHINE_NOT_HEARD/)
    assert.deepEqual(rack.ran, ['ramdisk', 'nothing'])
  })
})
