import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { FIRST, provisionerContract } from '../../../test/fixtures/provisioner-contract.ts'
import type { ProvisionerBed } from '../../../test/fixtures/provisioner-contract.ts'
import { isAnnealError } from '../../core/index.ts'
import { BASE_WRITTEN, MARK } from '../../metal/index.ts'
import { openHttp } from './http.ts'
import { ironicProvisioner } from './ironic-provisioner.ts'
import { ironic } from './ironic.ts'
import { openSession } from './session.ts'
import { FakeCloud } from './testing/fake-cloud.ts'
import { FakeIronic } from './testing/fake-ironic.ts'

const UUID = '11111111-1111-4111-8111-111111111111'

type Bed = ProvisionerBed & Readonly<{ fake: FakeIronic; close: () => Promise<void> }>

async function open(members: Readonly<Record<string, unknown>>): Promise<Bed> {
  const fake = new FakeIronic({ uuid: UUID, name: 'node0', ...members })
  const cloud = await FakeCloud.start(fake.respond)
  const session = openSession(
    { name: 'test', auth: { kind: 'none', endpoint: cloud.url }, interface: 'public', endpoints: {} },
    openHttp({ retryMs: 1, timeoutMs: 2000 }),
  )
  const provisioner = ironicProvisioner(ironic(session, { lockedWaitMs: 1 }))
  return {
    fake,
    provisioner,
    machine: async () => (await provisioner.machine(UUID)) ?? assert.fail('the node is gone'),
    asked: () => fake.asked,
    leftOff: () => fake.leftOff,
    settle: () => Promise.resolve(fake.settle()),
    close: () => cloud.stop(),
  }
}

async function on(
  members: Readonly<Record<string, unknown>>,
  holds: (bed: Bed) => Promise<void>,
): Promise<void> {
  const bed = await open(members)
  try {
    await holds(bed)
  } finally {
    await bed.close()
  }
}

provisionerContract('Ironic', ({ info = {}, state = 'available', console: has = 'some' }) =>
  open({
    instance_info: info,
    provision_state: state,
    ...(has === 'none' ? { console_interface: 'no-console' } : {}),
  }),
)

describe('Ironic as a provisioner', () => {
  test('removes its copy of a base by the interface that made it', () =>
    on(
      { instance_info: { [MARK]: 'one', [BASE_WRITTEN]: 't', deploy_interface: 'ramdisk' } },
      async (bed) => {
        await bed.provisioner.release(await bed.machine())
        const { deploy_interface: by } = (await bed.machine()).instanceInfo
        assert.deepEqual([by, bed.asked()], ['direct', ['prepare', 'deleted']])
      },
    ))

  test('says at a release what is to be kept, beside what was said before', () =>
    on({ instance_info: { [MARK]: 'one', anneal_keep: 'label=a' } }, async (bed) => {
      await bed.provisioner.release(await bed.machine(), ['vg=b', 'label=a'])
      assert.equal((await bed.machine()).instanceInfo['anneal_keep'], 'label=a\nvg=b')
      assert.deepEqual(bed.asked(), ['prepare', 'deleted'])
    }))

  test('names an image that nobody fetches, where a version rebuilds no node without an image', () =>
    on({}, async (bed) => {
      const base = { reference: 'base-id', writtenAt: '10:00' }
      await bed.provisioner.prepare(await bed.machine(), { ...FIRST, base })
      const {
        image_source: source,
        image_type: type,
        [BASE_WRITTEN]: written,
      } = (await bed.machine()).instanceInfo
      assert.deepEqual([source, type, written], ['http://base-on-disk.invalid/base-id', 'partition', '10:00'])
    }))

  test('has no console for us at a place that only a browser reads', () =>
    on({ console_enabled: true }, async (bed) => {
      bed.fake.consoleUrl = 'http://192.0.2.9/console'
      await assert.rejects(bed.provisioner.console(await bed.machine()), (error) =>
        isAnnealError(error, 'CONSOLE_UNAVAILABLE'),
      )
    }))
})
