/**
 * Deployments that are interrupted: Anneal itself, and Ironic's conductor. Each ends in a state with a code and a remedy,
 * the same command finishes it, and Glance holds what it held before. What takes longer (machines that are switched off,
 * the route over the deploy ramdisk) is in test/e2e/metal-interrupted.test.ts.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import type { DeployEffect } from '../../../src/metal/index.ts'
import { MetalBed } from './support/metal-bed.ts'

let bed: MetalBed
let inGlance: readonly string[]

before(async () => {
  bed = await MetalBed.up({ nodes: 1 })
  await Promise.all([bed.trio('trio'), bed.enroll()])
  inGlance = await bed.images()
})

after(async () => {
  await bed?.down()
})

/** `said` tells deployments apart: another argument is another deployment. */
function deploy(said: string): readonly string[] {
  return ['metal', 'deploy', bed.machine.name, '--image', 'trio', '--karg', `said=${said}`]
}

function heard(): readonly string[] {
  return ['--ready', 'console:MARK command line', '--console', `file:${bed.machine.consoleLog}`]
}

test('a deploy that is killed in each of its effects in turn is finished by the next run', async () => {
  const command = [...deploy('phases'), ...heard()]
  const phases: readonly DeployEffect[] = [
    'examine',
    'writeInstance',
    'validate',
    'askForActive',
    'awaitActive',
    'askForPower',
    'awaitAnswer',
  ]
  for (const effect of phases) {
    await (await bed.underWay(command, new RegExp(`"effect":"${effect}"`))).kill()
  }
  const last = await bed.report(command)
  assert.deepEqual([last.outcome, last.resumedIn], ['ready', 'proving'], JSON.stringify(last.reason))
  // Asked for once: the machine has booted once.
  const boots = readFileSync(bed.machine.consoleLog, 'latin1').match(/MARK command line/g) ?? []
  assert.equal(boots.length, 1)
})

test('a machine that is undeployed while it is waited for is given up at once', async () => {
  const running = await bed.underWay(
    [...deploy('phases'), '--ready', 'ssh:192.0.2.1'],
    /"effect":"awaitAnswer"/,
  )
  await bed.json(['metal', 'undeploy', bed.machine.name])
  const { outcome, reason } = await running.report()
  assert.deepEqual([outcome, reason?.code], ['silent', 'DEPLOY_ABORTED'])
})

test('what a deploy wrote that was killed before it asked Ironic is taken away by undeploy', async () => {
  await (await bed.underWay(deploy('killed'), /"effect":"validate"/)).kill()
  assert.match(String((await bed.node()).instance_info['ramdisk_kernel_arguments']), /said=killed/)
  await bed.json(['metal', 'undeploy', bed.machine.name])
  assert.deepEqual((await bed.node()).instance_info, {})
})

test('a conductor that dies in the middle of a deploy fails it with Ironic’s words, and the same command finishes it', async () => {
  const command = [...deploy('conductor'), ...heard()]
  // What the killed run wrote belongs to another deployment, and is in nobody's way.
  await (await bed.underWay(deploy('killed'), /"effect":"validate"/)).kill()
  const running = await bed.underWay(command, /"state":"deploying"/)
  await bed.lab.stopService('ironic-conductor', 'abruptly')
  await bed.lab.startService('ironic-conductor')
  const first = await running.report()
  assert.deepEqual([first.outcome, first.reason?.code], ['failed', 'DEPLOY_FAILED'], JSON.stringify(first))
  assert.match(first.reason?.message ?? '', /conductor/)
  assert.match(first.reason?.remedy ?? '', /same command again/)
  assert.equal((await bed.node()).provision_state, 'deploy failed')
  const second = await bed.report(command)
  assert.equal(second.outcome, 'ready', JSON.stringify(second.reason))
  await bed.json(['metal', 'undeploy', bed.machine.name])
})

test('in the end Glance holds what it held, and the node nothing', async () => {
  assert.deepEqual(await bed.images(), inGlance)
  const { provision_state: state, instance_info: info } = await bed.node()
  assert.deepEqual([state, info], ['available', {}])
})
