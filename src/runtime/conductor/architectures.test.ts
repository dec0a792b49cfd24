import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import { MAC, SimulatedRack } from '../../../test/fixtures/conductor/index.ts'

const FROM = '10.0.0.9'
const PAIR = { kernel: '/srv/x/vmlinuz', ramdisk: '/srv/x/initrd' }
const ARM_PAIR = { kernel: '/srv/arm/vmlinuz', ramdisk: '/srv/arm/initrd' }

const refused =
  (code: string, words = /./) =>
  (error: unknown) =>
    isAnnealError(error, code) && words.test(error.message)

function rackOf(
  cpu_arch: string | undefined,
  deployRamdisks: SimulatedRack['deployRamdisks'],
): SimulatedRack {
  const rack = new SimulatedRack()
  rack.deployRamdisks = deployRamdisks
  rack.newConductor()
  rack.enroll()
  const machine = rack.conductor.machines.find('one')
  rack.conductor.machines.save({ ...machine, properties: { ...machine.properties, cpu_arch } })
  return rack
}

async function manage(rack: SimulatedRack): Promise<void> {
  await rack.conductor.ask(rack.conductor.machines.find('one'), 'manage')
  await rack.rest()
}

describe('machines with different processors', () => {
  for (const [cpuArch, architecture] of [
    ['aarch64', 'aarch64'],
    ['arm64', 'aarch64'],
    ['x86_64', 'x86_64'],
    [undefined, 'x86_64'],
  ] as const) {
    test(`a machine whose cpu_arch is ${cpuArch ?? 'missing'} boots the deploy ramdisk for ${architecture}`, async () => {
      const rack = rackOf(cpuArch, { x86_64: PAIR, aarch64: ARM_PAIR })
      await manage(rack)
      rack.store.saveSession(rack.conductor.machines.find('one').uuid, { task: 'a', boots: 'ramdisk' })
      const script = await rack.conductor.boots.script(MAC, FROM)
      assert.match(script, new RegExp(`^kernel http://conductor/boot/ramdisk/${architecture}/kernel `, 'm'))
      assert.equal(
        rack.conductor.boots.ramdiskFile(architecture, 'kernel'),
        architecture === 'aarch64' ? ARM_PAIR.kernel : PAIR.kernel,
      )
    })
  }

  test('a machine without a deploy ramdisk for its processor is refused before it is switched', async () => {
    const rack = rackOf('aarch64', { x86_64: PAIR })
    await manage(rack)
    const machine = rack.conductor.machines.find('one')
    await assert.rejects(
      rack.conductor.ask(machine, 'provide'),
      refused('RAMDISK_MISSING', /is aarch64.*for x86_64 only/),
    )
    assert.deepEqual(rack.ran, [])
    assert.equal(rack.conductor.boots.ramdiskFile('aarch64', 'kernel'), undefined)
    assert.equal(rack.conductor.boots.ramdiskFile('constructor', 'kernel'), undefined)
  })

  test('a machine that iPXE is missing for is refused, and the conductor starts for the others', async () => {
    const rack = rackOf('aarch64', { aarch64: ARM_PAIR })
    rack.checkNetboot = ({ architecture }) => {
      if (architecture === 'aarch64') throw new TypeError('no iPXE')
    }
    await rack.newConductor().start()
    await manage(rack)
    const machine = rack.conductor.machines.find('one')
    await assert.rejects(rack.conductor.ask(machine, 'provide'), /no iPXE/)
    assert.equal(rack.conductor.opinions(machine).find(({ part }) => part === 'boot')?.ok, false)
  })
})
