/** What a conductor accepted comes to its end, whatever happens meanwhile. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import { crashAtEveryBoundary } from '../../saga/index.ts'
import type { CrashBed } from '../../saga/index.ts'
import { SimulatedRack, askFor, availableRack, setInfo } from '../../../test/fixtures/conductor/index.ts'

describe('what a conductor accepted', () => {
  test('writes a machine by iSCSI again that loses power meanwhile', async () => {
    const rack = await availableRack()
    setInfo(rack, { deploy_interface: 'iscsi' })
    rack.behaviour = { losesPowerAt: 2 }
    assert.equal(await askFor(rack, 'active'), 'active')
    assert.deepEqual([rack.ran, rack.disk.size], [['ramdisk', 'ramdisk', 'disk'], 4])
  })

  test('is no machine without a port that boots over the network', async () => {
    const rack = await availableRack()
    setInfo(rack)
    const { conductor } = rack
    for (const port of conductor.machines.ports()) conductor.machines.removePort(port)
    const asked = conductor.ask(conductor.machines.find('one'), 'active')
    await assert.rejects(asked, (error) => isAnnealError(error, 'MACHINE_UNPREPARED'))
    assert.equal(conductor.machines.find('one').provisionState, 'available')
  })

  test('refuses no ramdisk while it starts, however long that takes', async () => {
    const rack = await availableRack()
    setInfo(rack)
    rack.behaviour = { pieceMs: 3000 }
    const { conductor } = rack
    await conductor.ask(conductor.machines.find('one'), 'active')
    while (rack.disk.size === 0) await rack.clock.sleep(100)
    await conductor.stop()
    rack.serveMs = 12_000
    const next = rack.newConductor()
    next.takeUp()
    await rack.clock.sleep(5000)
    await next.start()
    assert.equal(await rack.rest(), 'active')
    assert.deepEqual(rack.ran, ['ramdisk', 'disk'])
  })

  test('goes on with what it accepted and had not begun, after what was at work', async () => {
    const rack = new SimulatedRack()
    rack.enroll()
    const other = '00000000-0000-4000-8000-0000000000ff'
    const { machines } = rack.conductor
    const wish = {
      driver: 'ipmi',
      driverInfo: { ipmi_address: 'x', ipmi_username: 'a', ipmi_password: 'p' },
    } as const
    const rest = { properties: {}, extra: {}, instanceInfo: {}, deployInterface: 'stream' } as const
    machines.create({ uuid: other, name: 'other', ...wish, ...rest })
    machines.create({ uuid: `${other.slice(0, -2)}fe`, name: 'third', ...wish, ...rest })
    // Two tasks at a time: the third waits.
    rack.bmc = 'dead'
    for (const name of ['one', 'other', 'third']) await rack.conductor.ask(machines.find(name), 'manage')
    assert.equal(machines.find('third').provisionState, 'verifying')
    assert.equal(machines.find('third').targetProvisionState, 'manageable')
    // It dies: nobody writes down that it ended.
    const next = rack.newConductor()
    rack.bmc = 'answers'
    await next.start()
    while (next.machines.all().some((one) => next.isWorking(one))) await rack.clock.sleep(1000)
    assert.deepEqual(
      next.machines.all().map(({ provisionState }) => provisionState),
      ['manageable', 'manageable', 'manageable'],
    )
  })

  test('gives a machine back that is cancelled in the last moment of its deployment', async () => {
    const rack = await availableRack()
    setInfo(rack)
    const { conductor } = rack
    const called = Promise.withResolvers<void>()
    const real = rack.openBmc
    rack.openBmc = (address) => {
      const bmc = real(address)
      return {
        ...bmc,
        async setPower(wanted, signal) {
          await bmc.setPower(wanted, signal)
          if (wanted !== 'on' || !rack.ran.includes('disk')) return
          rack.openBmc = real
          await conductor.ask(conductor.machines.find('one'), 'deleted')
          called.resolve()
        },
      }
    }
    await conductor.ask(conductor.machines.find('one'), 'active')
    await called.promise
    await rack.rest()
    assert.equal(await rack.rest(), 'available')
    assert.equal(conductor.machines.find('one').calledOff, undefined)
  })

  for (const pieceMs of [0, 60_000])
    test(`gives a machine back that is cancelled ${pieceMs === 0 ? 'late' : 'early'} and dies at any boundary`, async () => {
      const accepted = new WeakSet<SimulatedRack>()
      const bed: CrashBed<SimulatedRack> = {
        prepare: async () => {
          const rack = await availableRack()
          rack.behaviour = { pieceMs }
          setInfo(rack)
          return rack
        },
        points: ({ points }) => points,
        run: async (rack) => {
          const machine = () => rack.conductor.machines.find('one')
          await rack.conductor.ask(machine(), 'active')
          await rack.clock.sleep(pieceMs === 0 ? 1 : 90_000)
          await rack.conductor.ask(machine(), 'deleted')
          accepted.add(rack)
          await rack.rest()
        },
        recover: async (rack) => {
          await rack.newConductor().start()
          for (let looks = 0; looks < 3; looks += 1) await rack.rest()
        },
        assertAtRest: (rack, told) => {
          const { provisionState, calledOff } = rack.conductor.machines.find('one')
          if (accepted.has(rack))
            assert.deepEqual([provisionState, calledOff], ['available', undefined], told)
          else assert.match(provisionState, /^(available|active|deploy failed)$/, told)
        },
      }
      assert.ok((await crashAtEveryBoundary(bed)) > 40)
    })

  test('refuses work on a machine while an operator switches it', async () => {
    const rack = await availableRack()
    setInfo(rack)
    const { conductor } = rack
    const taken = Promise.withResolvers<void>()
    rack.openBmc = () => ({
      power: async () => 'on',
      setPower: () => taken.promise,
      shutDown: async () => undefined,
      bootFrom: async () => 'always',
      openConsole: () => Promise.reject(new Error('none')),
    })
    const switching = conductor.power(conductor.machines.find('one'), 'off')
    const asked = conductor.ask(conductor.machines.find('one'), 'active')
    await assert.rejects(asked, (error) => isAnnealError(error, 'MACHINE_BUSY'))
    taken.resolve()
    await switching
  })
})
