/**
 * The bare-metal half of the whole story, for real: `npm run demo:metal`, held to what the machine, OpenStack's own client
 * and the image say. Some ten minutes, most of them a machine without KVM that writes 6 GB to its disk; the image is
 * built where the test bed has none, which takes some more.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { before, test } from 'node:test'
import { recordPath, tellMetalStory } from '../../demo/metal-story.ts'
import type { MetalRecord } from '../../demo/metal-story.ts'
import { Story } from '../../demo/story.ts'
import { labNames } from '../../lab/index.ts'

let record: MetalRecord

before(async () => {
  record = await tellMetalStory(new Story(), new AbortController().signal)
})

test('kernel, ramdisk and base are in Glance, wired together, with the digests that were made on the way', () => {
  const [kernel, ramdisk, base] = record.pushed.images
  assert.deepEqual(
    [kernel?.role, ramdisk?.role, base?.role, base?.outcome],
    ['kernel', 'ramdisk', 'base', 'uploaded'],
  )
  const { image } = record.openstack
  const properties = image['properties'] as Record<string, unknown>
  assert.deepEqual(
    [image['id'], image['size'], properties['kernel_id'], properties['ramdisk_id']],
    [base?.id, base?.sizeBytes, kernel?.id, ramdisk?.id],
  )
  assert.equal(properties['os_hash_value'], base?.sha512)
})

test('the trio goes by direct+ramdisk, as its root is a volume in the base', () => {
  assert.equal(record.plan.route, 'direct+ramdisk')
  const ramdisk = record.plan.refusedRoutes.find((one) => one.route === 'ramdisk')
  assert.match(ramdisk?.why ?? '', /root=\/dev\/mapper\/atomicos-root/)
})

test('the agent writes the base, then the machine boots without it, and every state has its seconds', () => {
  const { outcome, timeline } = record.deployment
  assert.equal(outcome, 'ready')
  const states = timeline.map((one) => one.state)
  assert.ok(timeline.some((one) => one.step === 'write_image' || one.step === 'deploy.write_image'))
  // Active with the base, then deploying without a call-back, then active again. (The agent has powered the machine off in
  // between; what Ironic says of that may be a minute old.)
  const written = states.indexOf('active')
  assert.ok(states.lastIndexOf('active') > written, states.join(', '))
  assert.ok(states.lastIndexOf('wait call-back') < written, states.join(', '))
  assert.equal(states.at(-1), 'waiting for the console')
  assert.ok(timeline.every((one) => one.seconds >= 0))
})

test('the machine runs the deployment of the image, its root on the disk, with the pushed command line', () => {
  const { commandLine, root, deployment } = record.machine
  const properties = record.openstack.image['properties'] as Record<string, unknown>
  const cmdline = String(properties['kernel_cmdline'])
  assert.match(cmdline, /ostree=\/ostree\/boot\.1\/fedora-atomic\//)
  assert.ok(commandLine.includes(cmdline), commandLine)
  assert.match(root, /^\/dev\/mapper\/atomicos-root\s+xfs$/)
  const [stateroot, commit] = [properties['anneal_ostree_stateroot'], properties['anneal_ostree_commit']]
  assert.equal(deployment, `/ostree/deploy/${String(stateroot)}/deploy/${String(commit)}.0`)
})

test('the prompt on the console is what the deployment ended with', () => {
  assert.match(record.deployment.answer ?? '', /login:$/)
})

test('undeployed, the machine is off and available, and nothing of the cloud is left', () => {
  assert.deepEqual(record.undeployed, { state: 'available', power: 'off' })
  assert.ok(!labNames().includes(record.lab))
})

test('the record is kept as JSON, its chapters adding up to the whole', () => {
  const kept = JSON.parse(readFileSync(recordPath(record.startedAt), 'utf8')) as MetalRecord
  assert.deepEqual(kept, record)
  const sum = record.chapters.reduce((total, one) => total + one.seconds, 0)
  assert.ok(Math.abs(sum - record.seconds) < 1)
})
