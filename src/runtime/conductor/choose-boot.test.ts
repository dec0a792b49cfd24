import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SimulatedRack } from '../../../test/fixtures/conductor/index.ts'
import type { PowerState } from '../../conductor/index.ts'
import type { Bmc } from '../../ports/index.ts'

async function deployed(rack: SimulatedRack): Promise<SimulatedRack> {
  rack.form = 'trio'
  rack.enroll()
  for (const verb of ['manage', 'provide', 'active'] as const) {
    await rack.conductor.ask(rack.conductor.machines.find('one'), verb)
    await rack.rest()
  }
  await rack.clock.sleep(5000)
  return rack
}

const machine = (rack: SimulatedRack) => rack.conductor.machines.find('one')

describe('a conductor whose BMC chooses for one start', () => {
  test('chooses again before each start', async () => {
    const rack = new SimulatedRack()
    rack.choosesOnce = true
    await deployed(rack)
    assert.equal(machine(rack).provisionState, 'active')
    assert.deepEqual(rack.ran, ['ramdisk', 'ramdisk', 'instance'])
    assert.ok(rack.told.some((text) => /for one start alone/.test(text)))
    await rack.conductor.power(machine(rack), 'reset')
    await rack.conductor.power(machine(rack), 'off')
    await rack.conductor.power(machine(rack), 'on')
    await rack.clock.sleep(5000)
    assert.equal(rack.ran.at(-1), 'instance')
    // What is on already starts once only.
    await rack.conductor.power(machine(rack), 'on')
    assert.equal(rack.bootsFrom, 'disk')
  })

  test('leaves what an operator chose since', async () => {
    const rack = new SimulatedRack()
    rack.choosesOnce = true
    await deployed(rack)
    await rack.conductor.bootFrom(machine(rack), { from: 'disk', lasts: 'once' })
    await rack.conductor.power(machine(rack), 'off')
    await rack.conductor.power(machine(rack), 'on')
    assert.equal(rack.ran.at(-1), 'disk')
    await rack.conductor.bootFrom(machine(rack), { from: 'network', lasts: 'always' })
    for (const _ of [1, 2]) {
      await rack.conductor.power(machine(rack), 'off')
      await rack.conductor.power(machine(rack), 'on')
      await rack.clock.sleep(5000)
      assert.equal(rack.ran.at(-1), 'instance')
    }
  })

  test('keeps what became known of the machine while its BMC chose', async () => {
    const rack = new SimulatedRack()
    const own = rack.openBmc
    rack.openBmc = (address) => {
      const bmc: Bmc = own(address)
      const bootFrom: Bmc['bootFrom'] = (order, signal) => {
        rack.conductor.machines.save({ ...machine(rack), description: `while it chose the ${order.from}` })
        return bmc.bootFrom(order, signal)
      }
      return { ...bmc, bootFrom }
    }
    rack.enroll()
    await rack.conductor.bootFrom(machine(rack), { from: 'disk', lasts: 'once' })
    assert.equal(machine(rack).description, 'while it chose the disk')
    await rack.conductor.ask(machine(rack), 'manage')
    await rack.rest()
    await rack.conductor.ask(machine(rack), 'provide')
    await rack.rest()
    assert.equal(machine(rack).description, 'while it chose the network')
  })

  test('chooses once where the choice lasts', async () => {
    const rack = await deployed(new SimulatedRack())
    assert.equal(machine(rack).bootsOnce, undefined)
    assert.ok(!rack.told.some((text) => /for one start alone/.test(text)))
  })
})

test('a machine that is still going off is not switched on before it is off', async () => {
  const rack = new SimulatedRack()
  const own = rack.openBmc
  const asked: string[] = []
  let goesOff = 0
  rack.openBmc = (address) => {
    const bmc: Bmc = own(address)
    return {
      ...bmc,
      async power(signal): Promise<PowerState> {
        if (goesOff === 0) return bmc.power(signal)
        goesOff -= 1
        return 'changing'
      },
      async setPower(wanted, signal) {
        if (wanted === 'off') goesOff = 5
        else assert.equal(goesOff, 0, 'it is still going off')
        asked.push(wanted)
        await bmc.setPower(wanted, signal)
      },
    }
  }
  rack.enroll()
  await rack.conductor.ask(machine(rack), 'manage')
  await rack.rest()
  await rack.conductor.ask(machine(rack), 'provide')
  assert.equal(await rack.rest(), 'available')
  assert.deepEqual(asked, ['off', 'on', 'off'])
})
