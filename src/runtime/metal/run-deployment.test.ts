import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sha256 } from '../../adapters/system/index.ts'
import { isAnnealError } from '../../core/index.ts'
import { MARK, planDeployment } from '../../metal/index.ts'
import type { DeployPlan } from '../../metal/index.ts'
import { sampleNode, sampleTrio } from '../../metal/testing/index.ts'
import { bringTo, previewBring } from './bring-to.ts'
import { runDeployment } from './run-deployment.ts'
import { deploymentOptions as options } from './testing/deployment-options.ts'
import { FakeMetal } from './testing/fake-metal.ts'
import type { Course } from './testing/fake-metal.ts'

const plan: DeployPlan = planDeployment(
  sampleNode(),
  sampleTrio({ properties: { kernel_cmdline: 'root=live:http://w/r' } }),
  { contract: [], addedArguments: [], deletedArguments: [] },
  ['ramdisk'],
  sha256,
)

const GOES_WELL: Course = {
  active: [
    { provisionState: 'deploying' },
    { provisionState: 'deploying' },
    { provisionState: 'wait call-back' },
    { provisionState: 'active', powerState: 'power on' },
  ],
}

/** What the plan makes of a node. */
const ACTIVE = { provisionState: 'active', powerState: 'power on', instanceInfo: { [MARK]: plan.id } }

describe('a deployment', () => {
  test('writes to the node, has it validated, asks once and waits for the machine', async () => {
    const fake = new FakeMetal(GOES_WELL, { instanceInfo: { capabilities: '{}', image_source: 'old' } })
    const report = await runDeployment(fake.world, plan, options())
    assert.equal(report.outcome, 'ready')
    assert.equal(report.answer, 'SSH-2.0-test')
    assert.deepEqual(fake.done, ['change', 'active'])
    // What a deployment decides is its own; what else is there stays.
    assert.deepEqual(fake.node.instanceInfo, {
      capabilities: '{}',
      kernel: 'kernel-id',
      ramdisk: 'ramdisk-id',
      deploy_interface: 'ramdisk',
      ramdisk_kernel_arguments: 'root=live:http://w/r',
      [MARK]: plan.id,
    })
    assert.deepEqual(
      report.timeline.map((one) => one.state),
      ['available', 'deploying', 'wait call-back', 'active', 'waiting for SSH'],
    )
    assert.equal([...fake.records.values()].at(-1), report)
  })

  test('that is done already asks for nothing and looks whether the machine answers', async () => {
    const fake = new FakeMetal({}, ACTIVE)
    const report = await runDeployment(fake.world, plan, options())
    assert.deepEqual([report.outcome, report.resumedIn, fake.done], ['ready', 'proving', []])
  })

  test('that is done already has its machine switched on again where that is off', async () => {
    const fake = new FakeMetal({}, { ...ACTIVE, powerState: 'power off' })
    // The mark is of the boot that has ended.
    fake.consoleText = 'login:'
    const ready = { kind: 'console', text: 'login:', source: 'file:x' } as const
    const report = await runDeployment(fake.world, plan, options({ ready }))
    assert.deepEqual([report.outcome, fake.done], ['silent', ['power on']])
  })

  test('that somebody takes away while its machine is waited for is given up', async () => {
    const fake = new FakeMetal({}, ACTIVE)
    fake.banner = undefined
    fake.onLook = (look) => {
      if (look === 4) fake.node = { ...fake.node, provisionState: 'deleting' }
    }
    const report = await runDeployment(fake.world, plan, options())
    assert.deepEqual([report.outcome, report.reason?.code], ['silent', 'DEPLOY_ABORTED'])
  })

  test('meets services that are away for a while, and asks them again', async () => {
    const fake = new FakeMetal(GOES_WELL)
    fake.away = 3
    const report = await runDeployment(fake.world, plan, options())
    assert.deepEqual([report.outcome, fake.done], ['ready', ['change', 'active']])
  })

  test('meets services that stay away, and says who', async () => {
    const fake = new FakeMetal(GOES_WELL)
    fake.away = 1000
    const report = await runDeployment(fake.world, plan, options())
    assert.deepEqual([report.outcome, report.reason?.code], ['refused', 'OPENSTACK_FAILED'])
    assert.deepEqual(fake.done, [])
  })

  test('meets a fault of the service itself, and ends after three of them with its words', async () => {
    const fake = new FakeMetal(GOES_WELL)
    fake.faults = 1000
    const report = await runDeployment(fake.world, plan, options())
    assert.deepEqual([report.outcome, report.reason?.code], ['refused', 'OPENSTACK_FAULT'])
    assert.match(report.reason?.message ?? '', /auto_lessee/)
    assert.equal(fake.faults, 997)
    fake.faults = 2
    assert.equal((await runDeployment(fake.world, plan, options())).outcome, 'ready')
  })

  test('that an earlier run began is waited for and not asked for again', async () => {
    const fake = new FakeMetal({}, { ...ACTIVE, provisionState: 'wait call-back' })
    fake.onLook = (look) => {
      if (look === 5) fake.node = { ...fake.node, provisionState: 'active' }
    }
    const report = await runDeployment(fake.world, plan, options())
    assert.deepEqual([report.outcome, report.resumedIn, fake.done], ['ready', 'deploying', []])
  })

  test('that Ironic does not find valid leaves nothing on the node', async () => {
    const fake = new FakeMetal(GOES_WELL)
    fake.invalid = [
      { interface: 'console', ok: false, reason: 'of no matter' },
      { interface: 'boot', ok: false, reason: 'no ports' },
    ]
    const report = await runDeployment(fake.world, plan, options())
    assert.deepEqual([report.outcome, report.reason?.code], ['refused', 'METAL_NODE_INVALID'])
    assert.match(report.reason?.message ?? '', /boot: no ports$/)
    assert.deepEqual(fake.node.instanceInfo, {})
    assert.deepEqual(fake.done, ['change', 'change'])
  })

  test('that Ironic gives up on starts again with the same command', async () => {
    const course: Course = {
      active: [{ provisionState: 'deploying' }, { provisionState: 'deploy failed', lastError: 'boom' }],
    }
    const fake = new FakeMetal(course)
    const first = await runDeployment(fake.world, plan, options())
    assert.deepEqual([first.outcome, first.reason?.code], ['failed', 'DEPLOY_FAILED'])
    assert.match(first.reason?.message ?? '', /boom/)
    await runDeployment(fake.world, plan, options())
    assert.equal(fake.done.filter((one) => one === 'active').length, 2)
  })

  test('whose machine is switched off meanwhile says so long before Ironic does', async () => {
    const off = { provisionState: 'wait call-back', powerState: 'power off' }
    const fake = new FakeMetal({ active: [{ ...off, powerState: 'power on' }, off] })
    const report = await runDeployment(fake.world, plan, options())
    assert.equal(report.reason?.code, 'DEPLOY_POWERED_OFF')
    assert.ok(report.seconds < 30, String(report.seconds))
  })

  test('whose machine never calls back ends before Ironic’s own time-out', async () => {
    const fake = new FakeMetal({ active: [{ provisionState: 'wait call-back', powerState: 'power on' }] })
    const report = await runDeployment(fake.world, plan, options())
    assert.equal(report.reason?.code, 'DEPLOY_SILENT')
    // Another run that finds it no less silent has it restarted, and does not wait once more before that.
    fake.onLook = () => {
      if (fake.done.includes('power restarted')) fake.node = { ...fake.node, provisionState: 'active' }
    }
    const second = await runDeployment(fake.world, plan, options())
    assert.deepEqual([second.outcome, second.resumedIn], ['ready', 'deploying'])
    assert.deepEqual(fake.done, ['change', 'active', 'power restarted'])
  })

  test('whose machine was heard of since an earlier run gave up is not restarted', async () => {
    const fake = new FakeMetal({ active: [{ provisionState: 'wait call-back', powerState: 'power on' }] })
    await runDeployment(fake.world, plan, options())
    fake.node = { ...fake.node, lastHeartbeat: 'now' }
    await runDeployment(fake.world, plan, options())
    assert.deepEqual(fake.done, ['change', 'active'])
  })

  test('whose machine is heard of again and again is waited for', async () => {
    const fake = new FakeMetal({ active: [{ provisionState: 'wait call-back', powerState: 'power on' }] })
    fake.onLook = (look) => {
      fake.node = { ...fake.node, lastHeartbeat: String(Math.floor(look / 100)) }
    }
    const report = await runDeployment(fake.world, plan, options())
    assert.equal(report.reason?.code, 'DEPLOY_TIMEOUT')
  })

  test('whose machine does not answer is silent, not failed', async () => {
    const fake = new FakeMetal(GOES_WELL)
    fake.banner = undefined
    const report = await runDeployment(fake.world, plan, options())
    assert.deepEqual([report.outcome, report.reason?.code], ['silent', 'MACHINE_SILENT'])
  })

  test('that is interrupted leaves Ironic to it', async () => {
    const controller = new AbortController()
    const fake = new FakeMetal({ active: [{ provisionState: 'deploying' }] })
    fake.onLook = (look) => look === 6 && controller.abort()
    const report = await runDeployment(fake.world, plan, options({ signal: controller.signal }))
    assert.deepEqual([report.outcome, report.reason?.code], ['left', 'DEPLOY_INTERRUPTED'])
    assert.equal(fake.node.instanceInfo[MARK], plan.id)
  })

  test('that is interrupted before Ironic was asked takes away what it wrote', async () => {
    const controller = new AbortController()
    const fake = new FakeMetal(GOES_WELL)
    fake.onLook = (look) => look === 2 && controller.abort()
    const report = await runDeployment(fake.world, plan, options({ signal: controller.signal }))
    assert.equal(report.outcome, 'refused')
    assert.deepEqual(fake.node.instanceInfo, {})
    assert.ok(!fake.done.includes('active'))
  })

  test('hands the config drive to Ironic and keeps it out of the record', async () => {
    const fake = new FakeMetal(GOES_WELL)
    const configDrive = { metaData: {}, userData: 'hunter22' }
    const report = await runDeployment(fake.world, plan, options({ configDrive }))
    assert.ok(fake.done.includes('active with drive'))
    assert.doesNotMatch(JSON.stringify(report), /hunter22/)
  })
})

describe('the mark on a console', () => {
  const ready = { kind: 'console', text: 'login:', source: 'file:x' } as const

  test('of an earlier boot does not count', async () => {
    const fake = new FakeMetal(GOES_WELL)
    fake.consoleText = 'old login:\n'
    const report = await runDeployment(fake.world, plan, options({ ready }))
    assert.equal(report.reason?.code, 'MACHINE_SILENT')
  })

  test('counts from before Ironic was asked, also for another run that joins in', async () => {
    const fake = new FakeMetal(GOES_WELL)
    fake.consoleText = 'old login:\n'
    const first = await runDeployment(fake.world, plan, options({ ready }))
    assert.equal(first.outcome, 'silent')
    fake.consoleText += 'boot\nhost login: '
    const second = await runDeployment(fake.world, plan, options({ ready }))
    assert.deepEqual([second.outcome, second.answer], ['ready', 'host login:'])
  })
})

describe('bringing a node to a state', () => {
  const bring = (fake: FakeMetal, goal: 'available' | 'undeployed' | 'manageable') =>
    bringTo(fake.world, fake.node.uuid, goal, {
      action: 'x',
      pollMs: 500,
      timeoutMs: 60_000,
      signal: new AbortController().signal,
    })

  test('asks for one verb after the other', async () => {
    const course: Course = {
      manage: [{ provisionState: 'verifying' }, { provisionState: 'manageable' }],
      provide: [{ provisionState: 'cleaning' }, { provisionState: 'available' }],
    }
    const fake = new FakeMetal(course, { provisionState: 'enroll' })
    assert.deepEqual((await bring(fake, 'available')).verbs, ['manage', 'provide'])
    assert.deepEqual((await bring(fake, 'available')).verbs, [])
  })

  test('to make it available never takes a deployment away', async () => {
    for (const provisionState of ['active', 'deploy failed', 'error', 'rescue']) {
      const fake = new FakeMetal({}, { provisionState })
      await assert.rejects(bring(fake, 'available'), (error) => isAnnealError(error, 'METAL_NODE_STATE'))
      assert.deepEqual(fake.done, [])
    }
  })

  test('to take a deployment away also ends one that waits for its machine', async () => {
    const course: Course = { deleted: [{ provisionState: 'deleting' }, { provisionState: 'available' }] }
    for (const provisionState of ['active', 'wait call-back', 'deploy failed', 'error']) {
      const fake = new FakeMetal(course, { provisionState })
      assert.deepEqual((await bring(fake, 'undeployed')).verbs, ['deleted'], provisionState)
    }
  })

  test('to take a deployment away where there is none asks for nothing, and is no fault', async () => {
    for (const provisionState of ['enroll', 'manageable', 'inspect failed', 'available']) {
      const fake = new FakeMetal({}, { provisionState })
      assert.deepEqual((await bring(fake, 'undeployed')).verbs, [], provisionState)
      const { steps } = await previewBring(fake.world, fake.node.uuid, 'undeployed', 'x')
      assert.deepEqual([fake.done, steps], [[], []])
    }
  })

  test('to take a deployment away whose cleaning failed cleans again', async () => {
    const course: Course = {
      manage: [{ provisionState: 'manageable' }],
      provide: [{ provisionState: 'cleaning' }, { provisionState: 'available' }],
    }
    const fake = new FakeMetal(course, { provisionState: 'clean failed' })
    const { steps } = await previewBring(fake.world, fake.node.uuid, 'undeployed', 'x')
    assert.deepEqual((await bring(fake, 'undeployed')).verbs, ['manage', 'provide'])
    assert.deepEqual(steps, ['manage', 'provide'])
  })

  test('to undeploy says what is to be kept', async () => {
    const fake = new FakeMetal({ deleted: [{ provisionState: 'available' }] }, ACTIVE)
    await bringTo(fake.world, fake.node.uuid, 'undeployed', {
      action: 'undeploy',
      pollMs: 1000,
      timeoutMs: 60_000,
      signal: new AbortController().signal,
      keeps: ['vg=b', 'label=a'],
    })
    assert.deepEqual([fake.done[0], fake.keeps], ['deleted', ['vg=b', 'label=a']])
  })

  test('to undeploy also clears what a deployment left that was killed before it asked Ironic', async () => {
    const fake = new FakeMetal({}, { instanceInfo: { [MARK]: 'x', kernel: 'k', other: 'stays' } })
    assert.deepEqual((await bring(fake, 'undeployed')).verbs, [])
    assert.deepEqual(fake.node.instanceInfo, { other: 'stays' })
    const foreign = new FakeMetal({}, { instanceInfo: { image_source: 'of somebody else' } })
    await bring(foreign, 'undeployed')
    assert.deepEqual(foreign.done, [])
  })

  test('ends with Ironic’s words where a verb fails', async () => {
    const course: Course = {
      manage: [{ provisionState: 'verifying' }, { provisionState: 'enroll', lastError: 'IPMI call failed' }],
    }
    const fake = new FakeMetal(course, { provisionState: 'enroll' })
    await assert.rejects(bring(fake, 'available'), (error) => {
      assert.ok(isAnnealError(error, 'METAL_VERB_FAILED'), String(error))
      assert.match(error.message, /IPMI call failed/)
      return true
    })
  })

  test('leaves a node in maintenance alone', async () => {
    const fake = new FakeMetal({}, { provisionState: 'enroll', maintenance: true })
    await assert.rejects(bring(fake, 'available'), (error) => isAnnealError(error, 'METAL_NODE_MAINTENANCE'))
  })
})
