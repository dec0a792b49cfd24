import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import { crashAtEveryBoundary } from '../../saga/index.ts'
import type { CrashBed } from '../../saga/index.ts'
import {
  MAC,
  MACHINE,
  REPORT,
  SimulatedRack,
  askFor,
  availableRack,
  setInfo,
} from '../../../test/fixtures/conductor/index.ts'

const LIVE = { deploy_interface: 'ramdisk', image_source: '/srv/live', image_type: undefined }
/** The machine has no disk at all. */
const DISKLESS = REPORT.replace(/^disk .*\n/m, '')

async function disklessRack(): Promise<SimulatedRack> {
  const rack = new SimulatedRack()
  rack.report = DISKLESS
  rack.enroll()
  assert.equal(await askFor(rack, 'manage'), 'manageable')
  assert.equal(await askFor(rack, 'provide'), 'available')
  rack.ran.length = 0
  rack.touched.length = 0
  return rack
}

describe('a live set', () => {
  test('boots a machine without a disk, also at each later start, and nothing is written', async () => {
    const rack = await disklessRack()
    setInfo(rack, LIVE)
    assert.equal(await askFor(rack, 'active'), 'active')
    await rack.clock.sleep(5000)
    rack.powerCycle()
    await rack.clock.sleep(5000)
    assert.deepEqual([rack.ran, rack.touched, rack.bootsFrom], [['instance', 'instance'], [], 'network'])
  })

  test('has the address of its root image filled in, with the token of this boot', async () => {
    const rack = await disklessRack()
    setInfo(rack, LIVE)
    await askFor(rack, 'active')
    const scripts = [
      await rack.conductor.boots.script(MAC, '10.0.0.9'),
      await rack.conductor.boots.script(MAC, '10.0.0.9'),
    ]
    const tokens = scripts.map((script) => {
      const found = /^kernel (\S+)\/kernel .*root=live:(\S+)\/root\.squashfs rw/m.exec(script)
      assert.ok(found, script)
      assert.equal(found[1], found[2])
      return found[1]?.split('/').at(-1) ?? ''
    })
    const [first = '', second = ''] = tokens
    assert.match(second, /^token-/)
    assert.deepEqual(
      [rack.conductor.boots.file(first, 'rootImage'), rack.conductor.boots.file(second, 'rootImage')],
      [undefined, '/rootImage'],
    )
  })

  test('is forgotten when the machine is given back', async () => {
    const rack = await disklessRack()
    setInfo(rack, LIVE)
    await askFor(rack, 'active')
    assert.deepEqual([...rack.saved], [MACHINE])
    assert.equal(await askFor(rack, 'deleted'), 'available')
    assert.deepEqual([rack.saved.size, rack.isOn, rack.store.session(MACHINE)], [0, false, undefined])
    assert.deepEqual(rack.conductor.machines.find('one').instanceInfo, {})
  })

  test('is read again at a rebuild', async () => {
    const rack = await disklessRack()
    setInfo(rack, LIVE)
    await askFor(rack, 'active')
    rack.saved.clear()
    assert.equal(await askFor(rack, 'rebuild'), 'active')
    assert.equal(rack.saved.size, 1)
  })

  for (const [what, needs, why] of [
    ['too little memory', { memoryMib: 2048 }, /has 1024 MiB of memory, and .* need 2048 MiB \(LIVE_UNFIT/],
    [
      'another processor',
      { memoryMib: 512, architecture: 'aarch64' },
      /for aarch64, and the machine is x86_64 .*LIVE_UNFIT/,
    ],
  ] as const) {
    test(`is not given to a machine with ${what}, which is not touched`, async () => {
      const rack = await disklessRack()
      setInfo(rack, LIVE)
      rack.liveNeeds = needs
      assert.equal(await askFor(rack, 'active'), 'deploy failed')
      assert.match(rack.conductor.machines.find('one').lastError ?? '', why)
      assert.deepEqual([rack.ran, rack.isOn], [[], false])
    })
  }

  test('goes by the memory of the inventory where no ramdisk has reported yet', async () => {
    const rack = new SimulatedRack()
    rack.wipes = 'nothing'
    rack.newConductor()
    rack.enroll()
    await askFor(rack, 'manage')
    await askFor(rack, 'provide')
    setInfo(rack, LIVE)
    const machine = rack.conductor.machines.find('one')
    rack.conductor.machines.save({ ...machine, properties: { memory_mb: '400' } })
    assert.equal(await askFor(rack, 'active'), 'deploy failed')
    assert.match(rack.conductor.machines.find('one').lastError ?? '', /has 400 MiB/)
  })

  test('says how much memory it needs before the machine is switched', async () => {
    const rack = await disklessRack()
    setInfo(rack, LIVE)
    rack.told.length = 0
    await askFor(rack, 'active')
    assert.ok(
      rack.told.some((text) => /needs 512 MiB/.test(text)),
      rack.told.join('; '),
    )
  })

  test('comes without a config drive', async () => {
    const rack = await availableRack()
    setInfo(rack, LIVE)
    const asked = rack.conductor.ask(rack.conductor.machines.find('one'), 'active', {
      configDrive: { metaData: {} },
    })
    await assert.rejects(asked, (error) => isAnnealError(error, 'MACHINE_UNPREPARED'))
  })

  test('or kernel and ramdisk have to be named', async () => {
    const rack = await availableRack()
    setInfo(rack, { deploy_interface: 'ramdisk', image_source: undefined })
    const asked = rack.conductor.ask(rack.conductor.machines.find('one'), 'active')
    await assert.rejects(asked, (error) => isAnnealError(error, 'MACHINE_UNPREPARED'))
  })

  test('comes to rest after a crash at any boundary of its deployment', async () => {
    const deploy = async (rack: SimulatedRack): Promise<void> => {
      await rack.conductor.ask(rack.conductor.machines.find('one'), 'active')
      await rack.rest()
    }
    const bed: CrashBed<SimulatedRack> = {
      prepare: async () => {
        const rack = await disklessRack()
        setInfo(rack, LIVE)
        return rack
      },
      points: ({ points }) => points,
      run: deploy,
      recover: async (rack) => {
        await rack.newConductor().start()
        await rack.rest()
        if (rack.conductor.machines.find('one').provisionState === 'available') await deploy(rack)
      },
      assertAtRest: (rack, told) => {
        const { provisionState } = rack.conductor.machines.find('one')
        assert.deepEqual(
          [provisionState, rack.isOn, rack.bootsFrom, rack.saved.size],
          ['active', true, 'network', 1],
          told,
        )
        assert.deepEqual([rack.ran, rack.touched], [['instance'], []], told)
      },
    }
    assert.ok((await crashAtEveryBoundary(bed)) > 25)
  })
})
