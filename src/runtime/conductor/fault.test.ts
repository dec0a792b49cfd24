/** A fault of the program itself ends a task as every other failure does: the machine is off, and shows why. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  MACHINE,
  SimulatedRack,
  askFor,
  availableRack,
  setInfo,
} from '../../../test/fixtures/conductor/index.ts'
import type { Bmc } from '../../ports/index.ts'

function broken(): never {
  throw new TypeError('x is not a function')
}

const BROKEN_BMC: Bmc = {
  power: async () => broken(),
  setPower: async () => broken(),
  shutDown: async () => broken(),
  bootFrom: async () => broken(),
  openConsole: async () => broken(),
}

describe('a fault of the conductor itself', () => {
  test('in the middle of a deployment switches the machine off, and the deployment may be asked for again', async () => {
    const rack = await availableRack()
    setInfo(rack)
    const { makesPieces } = rack
    rack.makesPieces = async () => broken()
    assert.equal(await askFor(rack, 'active'), 'deploy failed')
    const { lastError, targetProvisionState } = rack.conductor.machines.find('one')
    assert.match(lastError ?? '', /x is not a function.*CONDUCTOR_FAULT/)
    assert.deepEqual(
      [targetProvisionState, rack.isOn, rack.store.session(MACHINE)],
      [undefined, false, undefined],
    )
    assert.ok(
      rack.told.some((text) => text.includes('fault.test.ts')),
      'the log has where it was',
    )
    rack.makesPieces = makesPieces
    assert.equal(await askFor(rack, 'active'), 'active')
  })

  test('that also hinders the cleaning up ends in a failed state', async () => {
    const rack = await availableRack()
    setInfo(rack)
    rack.openBmc = () => BROKEN_BMC
    assert.equal(await askFor(rack, 'active'), 'deploy failed')
    assert.match(rack.conductor.machines.find('one').lastError ?? '', /CONDUCTOR_FAULT/)
  })

  test('that lets no step begin ends in a failed state', async () => {
    const rack = new SimulatedRack()
    rack.enroll()
    const appendJournal = rack.store.appendJournal.bind(rack.store)
    rack.store.appendJournal = (machine, entry) => {
      if (entry.type !== 'planned') broken()
      appendJournal(machine, entry)
    }
    assert.equal(await askFor(rack, 'manage'), 'enroll')
    assert.match(rack.conductor.machines.find('one').lastError ?? '', /x is not a function/)
    assert.equal(rack.conductor.machines.find('one').targetProvisionState, undefined)
  })
})
