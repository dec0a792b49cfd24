import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sha256 } from '../../adapters/system/index.ts'
import { BASE_WRITTEN, MARK, planDeployment } from '../../metal/index.ts'
import type { DeployPlan, MetalNode } from '../../metal/index.ts'
import { sampleNode, sampleTrio } from '../../metal/testing/index.ts'
import { runDeployment } from './run-deployment.ts'
import { deploymentOptions as options } from './testing/deployment-options.ts'
import { FakeMetal } from './testing/fake-metal.ts'
import type { Course } from './testing/fake-metal.ts'

/** The route direct+ramdisk: the base is written to the disk, then kernel and ramdisk boot over the network. */
const plan: DeployPlan = planDeployment(
  sampleNode(),
  sampleTrio({ properties: { kernel_cmdline: 'root=LABEL=r' } }),
  { contract: [], addedArguments: [], deletedArguments: [] },
  ['direct', 'ramdisk'],
  sha256,
)

const WELL: Course = {
  active: [
    { provisionState: 'deploying' },
    { provisionState: 'deploying' },
    { provisionState: 'wait call-back', step: 'write_image', powerState: 'power on' },
    { provisionState: 'active', powerState: 'power off' },
  ],
  rebuild: [
    { provisionState: 'deploying' },
    { provisionState: 'deploying' },
    { provisionState: 'active', powerState: 'power on' },
  ],
}

/** What is on the node when the deployment is done: the pair and its arguments, and nothing of the base. */
function assertBooted({ node }: FakeMetal): void {
  const { [BASE_WRITTEN]: written, ...info } = node.instanceInfo
  assert.equal(typeof written, 'string')
  assert.deepEqual(info, {
    kernel: 'kernel-id',
    ramdisk: 'ramdisk-id',
    deploy_interface: 'ramdisk',
    ramdisk_kernel_arguments: 'root=LABEL=r',
    [MARK]: plan.id,
  })
}

describe('a base', () => {
  test('is written without a boot loader and left off, then kernel and ramdisk boot', async () => {
    const fake = new FakeMetal(WELL)
    let written: MetalNode['instanceInfo'] = {}
    fake.onBoundary = (what) => {
      if (what === 'after active') written = fake.node.instanceInfo
    }
    const report = await runDeployment(fake.world, plan, options())
    assert.deepEqual([report.outcome, report.route], ['ready', 'direct+ramdisk'])
    assert.deepEqual(fake.done, ['change', 'active', 'change', 'rebuild'])
    assert.equal(fake.leftOff, true)
    assert.deepEqual(written, {
      image_source: 'base-id',
      image_type: 'partition',
      root_gb: 1,
      kernel_append_params: '%default% ipa-ignore-bootloader-failure=1',
      deploy_interface: 'direct',
      [MARK]: plan.id,
    })
    assertBooted(fake)
    assert.deepEqual(
      report.timeline.map((one) => one.state),
      ['available', 'deploying', 'wait call-back', 'active', 'deploying', 'active', 'waiting for SSH'],
    )
  })

  test('is named by a place outside Glance for its boot, where Ironic rebuilds nothing without an image', async () => {
    const fake = new FakeMetal(WELL)
    fake.rebuildsWithoutImage = false
    assert.equal((await runDeployment(fake.world, plan, options())).outcome, 'ready')
    const { image_source: source, image_type: type, kernel } = fake.node.instanceInfo
    assert.deepEqual(
      [source, type, kernel],
      ['http://base-on-disk.invalid/base-id', 'partition', 'kernel-id'],
    )
  })

  test('gets its config drive when it is written, and not again when it boots', async () => {
    const fake = new FakeMetal(WELL)
    await runDeployment(fake.world, plan, options({ configDrive: { metaData: {} } }))
    assert.deepEqual(fake.done, ['change', 'active with drive', 'change', 'rebuild'])
  })

  test('whose boot Ironic does not find valid stays on the disk, and the same command goes on', async () => {
    const fake = new FakeMetal(WELL)
    fake.onBoundary = (what) => {
      if (what === 'after active') fake.invalid = [{ interface: 'boot', ok: false, reason: 'no kernel' }]
    }
    const first = await runDeployment(fake.world, plan, options())
    assert.deepEqual([first.outcome, first.reason?.code], ['failed', 'METAL_NODE_INVALID'])
    fake.invalid = []
    const second = await runDeployment(fake.world, plan, options())
    assert.deepEqual([second.outcome, second.resumedIn], ['ready', 'booting'])
    assert.deepEqual(fake.done, ['change', 'active', 'change', 'rebuild'])
  })

  test('whose boot fails is not written again: the same command boots it again', async () => {
    const failing: Course = {
      ...WELL,
      rebuild: [{ provisionState: 'deploying' }, { provisionState: 'deploy failed', lastError: 'no power' }],
    }
    const fake = new FakeMetal(failing)
    const first = await runDeployment(fake.world, plan, options())
    assert.deepEqual([first.outcome, first.reason?.code], ['failed', 'DEPLOY_FAILED'])
    const second = await runDeployment(fake.world, plan, options())
    assert.deepEqual([second.outcome, second.resumedIn], ['failed', 'booting'])
    assert.deepEqual(fake.done, ['change', 'active', 'change', 'rebuild', 'rebuild'])
  })

  test('that could not be written is written again', async () => {
    const failing: Course = { active: [{ provisionState: 'deploying' }, { provisionState: 'deploy failed' }] }
    const fake = new FakeMetal(failing)
    await runDeployment(fake.world, plan, options())
    await runDeployment(fake.world, plan, options())
    assert.deepEqual(fake.done, ['change', 'active', 'change', 'active'])
  })

  test('is ready by what the machine says, not by what the deploy ramdisk said before', async () => {
    const ready = { kind: 'console', text: 'login:', source: 'file:x' } as const
    const fake = new FakeMetal(WELL)
    fake.onBoundary = (what) => {
      if (what === 'after active') fake.consoleText += 'deploy ramdisk login:\n'
    }
    const first = await runDeployment(fake.world, plan, options({ ready }))
    assert.equal(first.reason?.code, 'MACHINE_SILENT')
    fake.consoleText += 'fedora-atomic login: '
    const second = await runDeployment(fake.world, plan, options({ ready }))
    assert.deepEqual([second.outcome, second.answer], ['ready', 'fedora-atomic login:'])
  })
})

class Killed extends Error {
  override readonly name = 'Killed'
}

/** Runs until nothing ends it: `end` sees every boundary of the first run by its number and may throw. */
async function runToReady(fake: FakeMetal, end: (boundary: number) => void): Promise<number> {
  let boundaries = 0
  const count = (): void => {
    boundaries += 1
    end(boundaries)
  }
  fake.onBoundary = count
  fake.onLook = count
  try {
    await runDeployment(fake.world, plan, options())
  } catch (error) {
    assert.ok(error instanceof Killed, String(error))
  }
  fake.onBoundary = () => undefined
  fake.onLook = () => undefined
  const last = await runDeployment(fake.world, plan, options())
  assert.equal(last.outcome, 'ready', JSON.stringify(last.reason))
  return boundaries
}

const ASKED_ONCE = ['active', 'rebuild']

describe('a run that ends at any boundary', () => {
  test('by SIGKILL is finished by the same command, and Ironic is asked for each step once', async () => {
    const all = await runToReady(new FakeMetal(WELL), () => undefined)
    assert.ok(all > 10, String(all))
    for (let at = 1; at <= all; at += 1) {
      const fake = new FakeMetal(WELL)
      await runToReady(fake, (boundary) => {
        if (boundary === at) throw new Killed()
      })
      assert.deepEqual(
        fake.done.filter((one) => one !== 'change'),
        ASKED_ONCE,
        `killed at ${at}`,
      )
      assertBooted(fake)
    }
  })

  test('by Ctrl-C is finished by the same command, and Ironic is asked for each step once', async () => {
    for (let at = 1; at <= 20; at += 1) {
      const fake = new FakeMetal(WELL)
      const controller = new AbortController()
      fake.onLook = (look) => look === at && controller.abort()
      const first = await runDeployment(fake.world, plan, options({ signal: controller.signal }))
      fake.onLook = () => undefined
      const second = await runDeployment(fake.world, plan, options())
      assert.equal(second.outcome, 'ready', `after "${first.outcome}" at ${at}`)
      assert.deepEqual(
        fake.done.filter((one) => one !== 'change'),
        ASKED_ONCE,
        `interrupted at ${at}`,
      )
      assertBooted(fake)
    }
  })
})
