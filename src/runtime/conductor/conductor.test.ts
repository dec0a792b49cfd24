import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import { crashAtEveryBoundary } from '../../saga/index.ts'
import type { CrashBed } from '../../saga/index.ts'
import type { Verb } from '../../conductor/index.ts'
import {
  LLDP,
  MAC,
  MACHINE,
  REPORT,
  SimulatedRack,
  askFor,
  availableRack,
  setInfo,
} from '../../../test/fixtures/conductor/index.ts'

describe('a conductor', () => {
  test('manages a machine by asking its BMC, and wipes it before it is available', async () => {
    const rack = new SimulatedRack()
    rack.enroll()
    rack.disk.add(7)
    assert.equal(await askFor(rack, 'manage'), 'manageable')
    assert.equal(rack.disk.size, 1)
    assert.equal(await askFor(rack, 'provide'), 'available')
    assert.deepEqual([rack.disk.size, rack.isOn, rack.ran], [0, false, ['ramdisk']])
  })

  test('writes a whole disk and boots the machine from it', async () => {
    const rack = await availableRack()
    setInfo(rack)
    assert.equal(await askFor(rack, 'active'), 'active')
    assert.deepEqual([rack.ran, rack.disk.size, rack.isOn], [['ramdisk', 'disk'], 4, true])
    assert.equal(rack.store.session(MACHINE), undefined)
  })

  test('writes a base, and boots kernel and ramdisk over the network whenever the machine starts', async () => {
    const rack = await availableRack('trio')
    setInfo(rack)
    assert.equal(await askFor(rack, 'active'), 'active')
    await rack.clock.sleep(5000)
    await rack.conductor.power(rack.conductor.machines.find('one'), 'off')
    await rack.conductor.power(rack.conductor.machines.find('one'), 'on')
    await rack.clock.sleep(5000)
    assert.deepEqual(rack.ran, ['ramdisk', 'instance', 'instance'])
  })

  test('writes by iSCSI from its own side', async () => {
    const rack = await availableRack()
    setInfo(rack, { deploy_interface: 'iscsi' })
    assert.equal(await askFor(rack, 'active'), 'active')
    assert.deepEqual([rack.ran, rack.disk.size], [['ramdisk', 'disk'], 4])
  })

  test('switches a machine off whose ramdisk gives up, and says why', async () => {
    const rack = await availableRack()
    setInfo(rack)
    rack.behaviour = { failsAt: 1 }
    assert.equal(await askFor(rack, 'active'), 'deploy failed')
    const { lastError } = rack.conductor.machines.find('one')
    assert.match(lastError ?? '', /DISK_BROKEN.*I\/O error.*RAMDISK_FAILED/s)
    assert.deepEqual([rack.isOn, rack.ran], [false, ['ramdisk']])
    rack.behaviour = {}
    assert.equal(await askFor(rack, 'active'), 'active')
    assert.equal(rack.disk.size, 4)
  })

  test('goes on with a machine that loses power while its disk is written', async () => {
    const rack = await availableRack()
    setInfo(rack)
    rack.behaviour = { losesPowerAt: 2 }
    assert.equal(await askFor(rack, 'active'), 'active')
    assert.deepEqual([rack.ran, rack.disk.size], [['ramdisk', 'ramdisk', 'disk'], 4])
  })

  test('gives up on a machine that never reports', async () => {
    const rack = await availableRack()
    setInfo(rack)
    rack.behaviour = { silent: true }
    rack.bootTrace = { hasAsked: true, firmwareType: 6, hasFetched: false, hasIpxe: false }
    assert.equal(await askFor(rack, 'active'), 'deploy failed')
    assert.match(
      rack.conductor.machines.find('one').lastError ?? '',
      /silent for 600 seconds: its firmware asked as type 6, for which there is no boot program.*MACHINE_NOT_HEARD/,
    )
    assert.equal(rack.isOn, false)
  })

  test('ends while a machine is waited for, and the next process finishes', async () => {
    const rack = await availableRack()
    setInfo(rack)
    rack.behaviour = { silent: true }
    await rack.conductor.ask(rack.conductor.machines.find('one'), 'active')
    await rack.clock.sleep(60_000)
    await rack.conductor.stop()
    assert.equal(rack.conductor.machines.find('one').provisionState, 'wait call-back')
    await rack.newConductor().start()
    rack.behaviour = {}
    rack.powerCycle()
    assert.equal(await rack.rest(), 'active')
  })

  test('works on a machine that a person switches', async () => {
    const rack = new SimulatedRack()
    rack.driver = 'manual-management'
    rack.bootsFrom = 'network'
    rack.enroll()
    await askFor(rack, 'manage')
    assert.equal(await askFor(rack, 'provide'), 'available')
    rack.powerCycle('off')
    setInfo(rack)
    assert.equal(await askFor(rack, 'active'), 'active')
    assert.equal(rack.disk.size, 4)
    assert.ok(
      rack.told.some((text) => /by hand/.test(text)),
      rack.told.join('; '),
    )
  })

  test('refuses a config drive where no disk is written, and writes the disk again at a rebuild', async () => {
    const rack = await availableRack()
    setInfo(rack, { deploy_interface: 'ramdisk', kernel: 'http://k', ramdisk: 'http://r' })
    const asked = rack.conductor.ask(rack.conductor.machines.find('one'), 'active', {
      configDrive: { metaData: {} },
    })
    await assert.rejects(asked, (error) => isAnnealError(error, 'MACHINE_UNPREPARED'))
    setInfo(rack)
    await askFor(rack, 'active')
    rack.disk.clear()
    assert.equal(await askFor(rack, 'rebuild'), 'active')
    assert.equal(rack.disk.size, 4)
  })

  test('touches no machine whose kernel would get other arguments by iPXE', async () => {
    const rack = await availableRack()
    const machine = rack.conductor.machines.find('one')
    const pair = { kernel: 'http://files/kernel', ramdisk: 'http://files/ramdisk' }
    const instanceInfo = { ...pair, ramdisk_kernel_arguments: 'root=UUID=1 ; quiet' }
    rack.conductor.machines.save({ ...machine, deployInterface: 'ramdisk', instanceInfo })
    rack.ran.length = 0
    assert.equal(await askFor(rack, 'active'), 'deploy failed')
    assert.match(rack.conductor.machines.find('one').lastError ?? '', /iPXE would change .*“;” ends/)
    assert.deepEqual(rack.ran, [])
  })

  test('refuses a call with a token of no task, and a token that was used', async () => {
    const rack = await availableRack()
    const refused = (error: unknown): boolean => isAnnealError(error, 'RAMDISK_TOKEN_INVALID')
    await assert.rejects(rack.conductor.ramdisks.hello('token-1', 'version 1', '10.0.0.66'), refused)
    assert.throws(() => rack.conductor.ramdisks.done('token-2', '', '10.0.0.66'), refused)
  })

  test('wipes and writes no machine that reports another system UUID than before, until it is inspected again', async () => {
    const rack = await availableRack()
    setInfo(rack)
    rack.report = REPORT.replace('system-uuid 1', 'system-uuid 2222')
    assert.equal(await askFor(rack, 'active'), 'deploy failed')
    const { lastError } = rack.conductor.machines.find('one')
    assert.match(lastError ?? '', /system UUID is 2222, and that of the machine is 1 \(MACHINE_REPLACED/)
    assert.deepEqual([rack.touched, rack.isOn], [['wipe vda'], false])
    assert.equal(await askFor(rack, 'deleted'), 'error')
    const machine = rack.conductor.machines.find('one')
    rack.conductor.machines.save({ ...machine, provisionState: 'manageable' })
    assert.equal(await askFor(rack, 'inspect'), 'manageable')
    assert.equal(await askFor(rack, 'provide'), 'available')
  })

  test('keeps which switch a port hangs on, also when a later boot hears nothing', async () => {
    const rack = new SimulatedRack()
    rack.enroll()
    await askFor(rack, 'manage')
    rack.report = REPORT.replace('carrier=1', `carrier=1 lldp=${LLDP}`)
    await askFor(rack, 'inspect')
    rack.report = REPORT
    await askFor(rack, 'provide')
    const [port] = rack.store.ports()
    assert.deepEqual(port?.connectedTo, { switchId: '52:54:00:aa:bb:cc', portId: 'eth7', switchName: 'tor' })
  })

  test('waits for LLDP when a machine is inspected, and at no other time', async () => {
    const rack = new SimulatedRack()
    rack.enroll()
    await askFor(rack, 'manage')
    const script = async (verb: Verb): Promise<string> => {
      rack.behaviour = { silent: true }
      await rack.conductor.ask(rack.conductor.machines.find('one'), verb)
      await rack.clock.sleep(30_000)
      const text = await rack.conductor.boots.script(MAC, '10.0.0.9')
      rack.behaviour = {}
      rack.powerCycle()
      await rack.rest()
      return text
    }
    assert.match(await script('inspect'), / anneal\.lldp=60 /)
    assert.doesNotMatch(await script('provide'), /lldp/)
  })

  test('refuses a verb that does not fit, and a machine at work', async () => {
    const rack = await availableRack()
    const machine = rack.conductor.machines.find('one')
    await assert.rejects(rack.conductor.ask(machine, 'inspect'), (error) =>
      isAnnealError(error, 'MACHINE_VERB_REFUSED'),
    )
    setInfo(rack)
    await rack.conductor.ask(rack.conductor.machines.find('one'), 'active')
    assert.throws(
      () => rack.conductor.refuseBusy(machine, 'change'),
      (error) => isAnnealError(error, 'MACHINE_BUSY'),
    )
    await rack.rest()
  })

  test('gives a machine back wiped, without what was deployed', async () => {
    const rack = await availableRack('trio')
    setInfo(rack)
    await askFor(rack, 'active')
    assert.equal(await askFor(rack, 'deleted'), 'available')
    assert.deepEqual([rack.disk.size, rack.saved.size, rack.isOn], [0, 0, false])
    assert.deepEqual(rack.conductor.machines.find('one').instanceInfo, {})
  })

  for (const [form, how] of [
    ['wholeDisk'],
    ['trio'],
    ['trio', 'chosen for one start'],
    ['wholeDisk', 'by iSCSI'],
  ] as const) {
    const called = how === undefined ? form : `${form}, ${how}`
    test(`comes to rest after a crash at any boundary of a deployment (${called})`, async () => {
      const deploy = async (rack: SimulatedRack): Promise<void> => {
        await rack.conductor.ask(rack.conductor.machines.find('one'), 'active')
        await rack.rest()
      }
      const bed: CrashBed<SimulatedRack> = {
        prepare: async () => {
          const rack = await availableRack(form)
          rack.choosesOnce = how === 'chosen for one start'
          setInfo(rack, how === 'by iSCSI' ? { deploy_interface: 'iscsi' } : {})
          return rack
        },
        points: ({ points }) => points,
        run: deploy,
        recover: async (rack) => {
          await rack.newConductor().start()
          await rack.rest()
          const { provisionState } = rack.conductor.machines.find('one')
          // Dead before the plan was on disk: nothing was done, and it is asked for again.
          if (provisionState === 'available') await deploy(rack)
        },
        assertAtRest: (rack, told) => {
          assert.equal(rack.conductor.machines.find('one').provisionState, 'active', told)
          assert.equal(rack.disk.size, 4, told)
          assert.equal(rack.isOn, true, told)
          const { bootsOnce } = rack.conductor.machines.find('one')
          const next = bootsOnce ?? rack.bootsFrom
          assert.equal(next, form === 'trio' ? 'network' : 'disk', told)
          if (form === 'trio') assert.ok(!rack.ran.includes('disk'), told)
          const early = rack.ran.indexOf('disk')
          assert.ok(early < 0 || early === rack.ran.length - 1, `${told}: ${rack.ran.join(', ')}`)
        },
      }
      assert.ok((await crashAtEveryBoundary(bed)) > 40)
    })
  }
})
