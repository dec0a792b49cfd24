import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sha256 } from '../../adapters/system/index.ts'
import { isAnnealError } from '../../core/index.ts'
import { MARK, planServer } from '../../metal/index.ts'
import type { MetalNode } from '../../metal/index.ts'
import { sampleDisk, sampleFlavor, sampleNode } from '../../metal/testing/index.ts'
import { bringTo } from './bring-to.ts'
import { runDeployment } from './run-deployment.ts'
import type { DeploymentOptions } from './run-deployment.ts'
import { deploymentOptions } from './testing/deployment-options.ts'
import { FakeMetal } from './testing/fake-metal.ts'

const KEY = 'ssh-ed25519 AAAAC3Nza user'
const plan = planServer(
  sampleNode({ resourceClass: 'metal' }),
  sampleDisk(),
  { flavor: sampleFlavor(), networks: 'auto', drive: { sshKeys: [KEY] }, beyondNova: [] },
  sha256,
)

function options(more: Partial<DeploymentOptions> = {}): DeploymentOptions {
  return deploymentOptions({
    timeoutMs: 60_000,
    callbackTimeoutMs: 30_000,
    readyTimeoutMs: 30_000,
    ...more,
  })
}

/** A Nova that takes the node and has the server active some looks later. */
function cloud(node: Partial<MetalNode> = {}): FakeMetal {
  const fake = new FakeMetal({}, { resourceClass: 'metal', ...node })
  fake.compute.onChange = (what, id) => {
    if (what === 'removed') {
      const { instanceUuid: _, ...rest } = fake.node
      fake.node = { ...rest, provisionState: 'available', powerState: 'power off' }
    }
    if (what !== 'created') return
    fake.node = { ...fake.node, instanceUuid: id, provisionState: 'deploying' }
    let looks = 0
    fake.onLook = () => {
      looks += 1
      if (looks === 4) fake.compute.change(id, { status: 'ACTIVE' })
      if (looks === 8) fake.node = { ...fake.node, provisionState: 'active', powerState: 'power on' }
    }
  }
  return fake
}

describe('a deployment through Nova', () => {
  test('registers the key, asks for a server on that very node, and believes the node, not Nova alone', async () => {
    const fake = cloud()
    const report = await runDeployment(
      fake.world,
      plan,
      options({ configDrive: { metaData: {}, userData: '#!/bin/sh' } }),
    )
    assert.deepEqual([report.outcome, report.answer], ['ready', 'SSH-2.0-test'], JSON.stringify(report))
    assert.deepEqual(fake.compute.keys, [plan.server?.key?.name])
    assert.deepEqual(fake.compute.done, ['created server-1'])
    const [spec] = fake.compute.created
    assert.equal(spec?.node, plan.node.uuid)
    assert.deepEqual(spec?.metadata, { [MARK]: plan.id })
    assert.equal(spec?.userData, '#!/bin/sh')
    // Ironic is Nova's to ask.
    assert.deepEqual(fake.done, [])
    assert.deepEqual(
      report.timeline.map((one) => one.state),
      ['available', 'deploying', 'active', 'waiting for SSH'],
    )
    assert.deepEqual(report.server, plan.server)
  })

  test('that an earlier run asked for is waited for, and not asked for again', async () => {
    const fake = cloud()
    const id = await fake.compute.createServer({ name: 'x', metadata: { [MARK]: plan.id } } as never)
    const report = await runDeployment(fake.world, plan, options())
    assert.deepEqual([report.outcome, report.resumedIn], ['ready', 'deploying'], JSON.stringify(report))
    assert.deepEqual(fake.compute.done, [`created ${id}`])
    const again = await runDeployment(fake.world, plan, options())
    assert.deepEqual([again.outcome, again.resumedIn], ['ready', 'proving'])
  })

  test('that Nova gives up on ends with Nova’s message; the server is removed, and the same command starts again', async () => {
    const fake = cloud()
    const well = fake.compute.onChange
    fake.compute.onChange = (_, id) =>
      fake.compute.change(id, { status: 'ERROR', fault: 'No valid host was found' })
    const first = await runDeployment(fake.world, plan, options())
    assert.deepEqual([first.outcome, first.reason?.code], ['failed', 'DEPLOY_FAILED'])
    assert.match(first.reason?.message ?? '', /Nova gave up.*No valid host/)
    // Nothing of it stays in Nova.
    assert.deepEqual(fake.compute.servers, [])
    fake.compute.onChange = well
    const second = await runDeployment(fake.world, plan, options())
    assert.equal(second.outcome, 'ready', JSON.stringify(second.reason))
    assert.deepEqual(fake.compute.done, ['created server-1', 'removed server-1', 'created server-2'])
  })

  test('that finds a failed server of an earlier run removes it first', async () => {
    const fake = cloud()
    fake.compute.servers = [
      { id: 'old', name: 'x', status: 'ERROR', metadata: { [MARK]: plan.id }, createdAt: '' },
    ]
    const report = await runDeployment(fake.world, plan, options())
    assert.equal(report.outcome, 'ready', JSON.stringify(report.reason))
    assert.deepEqual(fake.compute.done, ['removed old', 'created server-1'])
  })

  test('whose server somebody removes is given up', async () => {
    const fake = cloud()
    fake.compute.onChange = () => (fake.compute.servers = [])
    const report = await runDeployment(fake.world, plan, options())
    assert.deepEqual([report.outcome, report.reason?.code], ['failed', 'DEPLOY_ABORTED'])
  })

  test('whose server was shut off is started again', async () => {
    const fake = cloud()
    await runDeployment(fake.world, plan, options())
    fake.compute.change('server-1', { status: 'SHUTOFF' })
    const report = await runDeployment(fake.world, plan, options())
    assert.deepEqual([report.outcome, report.resumedIn], ['ready', 'proving'])
    assert.deepEqual(fake.compute.done, ['created server-1', 'started server-1'])
  })

  test('is refused on a node that somebody else has, or that is in maintenance', async () => {
    for (const [node, code] of [
      [{ provisionState: 'active', instanceUuid: 'of-another' }, 'METAL_NODE_OCCUPIED'],
      [{ maintenance: true }, 'METAL_NODE_MAINTENANCE'],
      [{ provisionState: 'manageable' }, 'METAL_NODE_STATE'],
    ] as const) {
      const fake = cloud(node)
      const report = await runDeployment(fake.world, plan, options())
      assert.deepEqual([report.outcome, report.reason?.code], ['refused', code])
      assert.deepEqual(fake.compute.done, [])
    }
  })

  test('with a key pair that is not there is refused before a server is asked for', async () => {
    const { server } = plan
    assert.ok(server)
    const fake = cloud()
    const report = await runDeployment(
      fake.world,
      { ...plan, server: { ...server, key: { name: 'mine' } } },
      options(),
    )
    assert.deepEqual([report.outcome, report.reason?.code], ['refused', 'METAL_NOVA_CANNOT'])
    assert.deepEqual(fake.compute.done, [])
  })
})

describe('undeploying a server of Nova', () => {
  const undeploy = (fake: FakeMetal) =>
    bringTo(fake.world, fake.node.uuid, 'undeployed', {
      action: 'undeploy',
      pollMs: 500,
      timeoutMs: 60_000,
      signal: new AbortController().signal,
    })

  test('asks Nova, so that it does not keep a server that is not there', async () => {
    const fake = cloud()
    await runDeployment(fake.world, plan, options())
    const { verbs } = await undeploy(fake)
    assert.deepEqual([verbs, fake.done], [['server removed'], []])
    assert.equal(fake.node.instanceUuid, undefined)
  })

  test('that Anneal did not make, or that Nova does not show, is refused', async () => {
    const fake = cloud({ provisionState: 'active', instanceUuid: 'server-1' })
    const isRefused = (error: unknown): boolean => isAnnealError(error, 'METAL_SERVER_UNDEPLOYABLE')
    await assert.rejects(undeploy(fake), isRefused)
    fake.compute.servers = [
      { id: 'server-1', name: 'of others', status: 'ACTIVE', metadata: {}, createdAt: '' },
    ]
    await assert.rejects(undeploy(fake), isRefused)
    assert.deepEqual([fake.done, fake.compute.done], [[], []])
  })
})
