/**
 * Deployments that are interrupted, on both routes, where it takes minutes: a machine that is switched off at the wrong
 * moment, a conductor that is away or dies while the deploy ramdisk works. Each ends with a code and a remedy, or goes on;
 * the same command finishes it, and Glance holds what it held before.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { isOn, testSystem } from '../../lab/index.ts'
import { MetalBed } from '../integration/openstack/support/metal-bed.ts'
import { until } from './cloud.ts'

let bed: MetalBed
let inGlance: readonly string[]

before(async () => {
  bed = await MetalBed.up({ nodes: 1, deployRamdisk: true })
  const { disk } = await testSystem()
  await Promise.all([
    bed.trio('trio'),
    bed.image('disk', { disk: 'raw', container: 'bare', file: disk }),
    bed.enroll(),
  ])
  inGlance = await bed.images()
})

after(async () => {
  await bed?.down()
})

function deploy(image: string, ready: string): readonly string[] {
  const console = ['--console', `file:${bed.machine.consoleLog}`]
  return ['metal', 'deploy', bed.machine.name, '--image', image, '--ready', ready, ...console]
}

const UP = 'console:MARK system up'

async function undeploy(): Promise<void> {
  await bed.json(['metal', 'undeploy', bed.machine.name])
}

/** As a cable that is pulled: neither Ironic nor Anneal asked for it. */
function pullTheCable(): void {
  process.kill(Number(readFileSync(join(bed.machine.directory, 'pid'), 'utf8')), 'SIGKILL')
}

function reaches(state: string): Promise<void> {
  return until(`the node is ${state}`, async () => (await bed.node()).provision_state === state, 120)
}

describe('by ramdisk', () => {
  test('a conductor that is away when a deploy begins is waited for', async () => {
    await bed.lab.stopService('ironic-conductor', 'abruptly')
    const running = bed.report(deploy('trio', UP))
    await bed.lab.startService('ironic-conductor')
    const { outcome, reason } = await running
    assert.equal(outcome, 'ready', JSON.stringify(reason))
  })

  test('a machine that loses its power once it is deployed is silent, and the same command finishes it', async () => {
    pullTheCable()
    const first = await bed.report([...deploy('trio', 'ssh'), '--ready-timeout', '2s'])
    assert.deepEqual([first.outcome, first.reason?.code], ['silent', 'MACHINE_SILENT'], JSON.stringify(first))
    const second = await bed.report(deploy('trio', 'ssh'))
    assert.equal(second.outcome, 'ready', JSON.stringify(second.reason))
    assert.ok(isOn(bed.machine))
    await undeploy()
  })

  test('a machine that loses its power before Ironic saw it on fails the deploy, and the same command finishes it', async () => {
    const running = bed.report(deploy('trio', UP))
    await until('the machine is on', () => Promise.resolve(isOn(bed.machine)))
    pullTheCable()
    const first = await running
    assert.deepEqual([first.outcome, first.reason?.code], ['failed', 'DEPLOY_FAILED'], JSON.stringify(first))
    assert.match(first.reason?.message ?? '', /power/)
    const second = await bed.report(deploy('trio', UP))
    assert.equal(second.outcome, 'ready', JSON.stringify(second.reason))
    await undeploy()
  })
})

describe('by direct', () => {
  test('a deploy and a conductor that die while the machine boots the deploy ramdisk cost nothing', async () => {
    await (await bed.underWay(deploy('disk', UP), /"state":"wait call-back"/)).kill()
    await bed.lab.stopService('ironic-conductor', 'abruptly')
    await bed.lab.startService('ironic-conductor')
    const { outcome, resumedIn, reason } = await bed.report(deploy('disk', UP))
    assert.deepEqual([outcome, resumedIn], ['ready', 'deploying'], JSON.stringify(reason))
    await undeploy()
  })

  test('a machine that loses its power in the deploy ramdisk is silent; the same command starts it again and finishes', async () => {
    const running = bed.report([...deploy('disk', UP), '--callback-timeout', '30s'])
    await reaches('wait call-back')
    await until('the machine is on', () => Promise.resolve(isOn(bed.machine)))
    pullTheCable()
    const first = await running
    assert.deepEqual([first.outcome, first.reason?.code], ['failed', 'DEPLOY_SILENT'], JSON.stringify(first))
    assert.match(first.reason?.remedy ?? '', /same command/)
    const second = await bed.report(deploy('disk', UP))
    assert.deepEqual([second.outcome, second.resumedIn], ['ready', 'deploying'], JSON.stringify(second))
    await undeploy()
  })

  test('a machine that loses its power while its disk is written is finished by running the same command again', async () => {
    const running = await bed.underWay(deploy('disk', UP), /"step":"deploy.write_image"/)
    pullTheCable()
    await running.kill()
    const first = await bed.report([...deploy('disk', UP), '--callback-timeout', '30s'])
    assert.equal(first.outcome, 'failed', JSON.stringify(first))
    let last = await bed.report(deploy('disk', UP))
    // Ironic may find out only with the restarted ramdisk that its commands are lost, and then fail the deploy.
    if (last.outcome === 'failed') last = await bed.report(deploy('disk', UP))
    assert.equal(last.outcome, 'ready', JSON.stringify(last))
    await undeploy()
  })
})

test('in the end Glance holds what it held, and the node nothing', async () => {
  assert.deepEqual(await bed.images(), inGlance)
  const { provision_state: state, instance_info: info } = await bed.node()
  assert.deepEqual([state, info], ['available', {}])
})
