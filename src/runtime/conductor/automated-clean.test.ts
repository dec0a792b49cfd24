/** A machine may say itself whether it is wiped (`automated_clean`), as with Ironic. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { askFor, availableRack, setInfo } from '../../../test/fixtures/conductor/available-rack.ts'
import type { SimulatedRack } from '../../../test/fixtures/conductor/index.ts'

async function released(rack: SimulatedRack, automatedClean: boolean | undefined): Promise<number> {
  const { machines } = rack.conductor
  setInfo(rack)
  assert.equal(await askFor(rack, 'active'), 'active')
  const { automatedClean: _, ...machine } = machines.find('one')
  machines.save(automatedClean === undefined ? machine : { ...machine, automatedClean })
  assert.equal(await askFor(rack, 'deleted'), 'available')
  return rack.disk.size
}

describe('automated_clean', () => {
  test('false keeps the disks of one machine, where the conductor wipes', async () => {
    const rack = await availableRack()
    assert.equal(await released(rack, false), 4)
    assert.equal(rack.isOn, false)
    assert.equal(await released(rack, undefined), 0)
  })

  test('true wipes one machine, where the conductor does not', async () => {
    const rack = await availableRack()
    rack.wipes = 'nothing'
    rack.newConductor()
    assert.equal(await released(rack, undefined), 4)
    assert.equal(await released(rack, true), 0)
  })
})
