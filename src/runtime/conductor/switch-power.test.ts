import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimulatedRack } from '../../../test/fixtures/conductor/index.ts'
import type { Bmc } from '../../ports/index.ts'

/** The BMC does not know the power state for the next questions after it switched the machine. */
function forgetsFor(rack: SimulatedRack, answers: number): Readonly<{ early: string[] }> {
  const own = rack.openBmc
  const early: string[] = []
  let left = 0
  rack.openBmc = (address) => {
    const bmc: Bmc = own(address)
    return {
      ...bmc,
      async power(signal) {
        const found = await bmc.power(signal)
        if (left === 0) return found
        left -= 1
        return 'unknown'
      },
      async setPower(wanted, signal) {
        if (left > 0) early.push(`switch ${wanted}`)
        await bmc.setPower(wanted, signal)
        left = answers
      },
      async bootFrom(order, signal) {
        if (left > 0) early.push(`boot from ${order.from}`)
        return bmc.bootFrom(order, signal)
      },
    }
  }
  return { early }
}

test('a task waits until the BMC reports the power state again', async () => {
  const rack = new SimulatedRack()
  const { early } = forgetsFor(rack, 3)
  rack.enroll()
  for (const verb of ['manage', 'provide', 'active'] as const) {
    await rack.conductor.ask(rack.conductor.machines.find('one'), verb)
    await rack.rest()
  }
  assert.equal(rack.conductor.machines.find('one').provisionState, 'active')
  assert.deepEqual(early, [])
})

test('a task fails when the BMC never reports the power state', async () => {
  const rack = new SimulatedRack()
  forgetsFor(rack, Number.MAX_SAFE_INTEGER)
  rack.enroll()
  for (const verb of ['manage', 'provide'] as const) {
    await rack.conductor.ask(rack.conductor.machines.find('one'), verb)
    await rack.rest()
  }
  const machine = rack.conductor.machines.find('one')
  assert.equal(machine.provisionState, 'clean failed')
  assert.match(machine.lastError ?? '', /its BMC says that it is unknown/)
})
