import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimulatedNode } from '../../adapters/simulated/index.ts'
import { sha256 } from '../../adapters/system/index.ts'
import { isAnnealError } from '../../core/index.ts'
import { sealRelease } from '../../node/index.ts'
import type { Release } from '../../node/index.ts'
import { kollaUnit } from '../../node/testing/index.ts'
import { recoverNode } from '../../runtime/node/index.ts'
import { statusOf } from './status-of.ts'
import { giveBackNode, previewGiveBack, rollbackNode, upgradeNode } from './upgrade-node.ts'

const NAME = 'nova_libvirt'
const IMAGE = sha256('libvirt')
const NEXT = sha256('libvirt-next')
const PLACE = { service: NAME, socket: '/run/libvirt/libvirt-sock', stateDir: '/run/libvirt' }
const SHAPE = {
  environment: {},
  labels: {},
  privileged: true,
  capAdd: [],
  capDrop: [],
  securityOpt: [],
  devices: [],
  networkMode: 'host',
  pidMode: 'host',
  cgroupnsMode: 'host' as const,
  mounts: [
    '/run/libvirt',
    '/var/lib/libvirt',
    '/var/log/libvirt',
    '/etc/libvirt/qemu',
    '/sys/fs/cgroup',
    '/run/dbus',
    '/dev',
  ].map((path) => ({
    type: 'bind' as const,
    source: path,
    target: path,
    readOnly: false,
  })),
  ulimits: {},
  sysctls: {},
  extraHosts: [],
}

function release(image: string): Release {
  const service = {
    name: NAME,
    image,
    replace: 'always',
    guests: 'never',
    stopGraceMs: 10_000,
    restart: 'unless-stopped',
    order: 0,
    dependsOn: [],
    ready: [],
    helpers: [],
    secrets: [],
    configs: [],
    publicEnvironment: [],
    container: SHAPE,
  } as const
  return sealRelease({ project: 'compute', libvirt: PLACE, services: [service] }, sha256, 'compose.yaml')
}

async function kollaNode(): Promise<SimulatedNode> {
  const flags = ['a']
  const node = new SimulatedNode({
    [IMAGE]: { libvirt: '9.0.0', flags },
    [NEXT]: { libvirt: '9.0.1', flags },
  })
  const spec = { ...SHAPE, name: NAME, image: IMAGE, restartPolicy: 'no' } as const
  await node.engine.startContainer(await node.engine.createContainer(spec))
  node.units.push(kollaUnit(NAME))
  node.startGuest('one')
  return node
}

const to = (image: string) => async () => ({ release: release(image), findings: [] })
const adopt = (node: SimulatedNode) => upgradeNode(node.world(), { release: to(IMAGE), adoptBy: 'name' })
const outcome = (ran: Awaited<ReturnType<typeof upgradeNode>>): string =>
  ran.outcome === 'ran' ? ran.report.outcome : JSON.stringify(ran.planned.findings)
const running = (node: SimulatedNode): readonly string[] => node.engine.running().map(({ name }) => name)

test('a node is adopted by names, upgraded, rolled back and given back as it was', async () => {
  const node = await kollaNode()
  const world = node.world()
  const before = node.guests.map(({ pid }) => pid)
  assert.equal(outcome(await adopt(node)), 'committed')
  assert.equal(outcome(await upgradeNode(world, { release: to(NEXT) })), 'committed')
  assert.equal((await rollbackNode(world)).outcome, 'committed')
  assert.deepEqual([node.units[0]?.disarmed, node.units[0]?.activeState], [true, 'inactive'])
  const preview = await previewGiveBack(world)
  assert.equal(preview.check.verdict, 'clear')
  const { report } = await giveBackNode(world)
  assert.equal(report.outcome, 'committed')
  assert.deepEqual(running(node), [NAME])
  assert.deepEqual(
    node.engine.all().map(({ name }) => name),
    [NAME],
    'nothing of Anneal’s is left',
  )
  assert.deepEqual([node.units[0]?.disarmed, node.units[0]?.activeState], [false, 'active'])
  assert.deepEqual(
    node.guests.filter(({ alive }) => alive).map(({ pid }) => pid),
    before,
  )
  assert.deepEqual(node.violations, [])
  assert.equal(node.state.deployments.current, undefined)
  assert.deepEqual(await recoverNode(world), { report: undefined, actions: [], problems: [] })
  assert.deepEqual((await statusOf(world)).breaches, [], 'containers of others are no strangers')
  assert.equal(outcome(await adopt(node)), 'committed', 'it can be adopted again')
})

test('a node is also given back after a rollback to the adopted containers', async () => {
  const node = await kollaNode()
  await adopt(node)
  await rollbackNode(node.world())
  assert.deepEqual(running(node), [NAME])
  assert.equal((await giveBackNode(node.world())).report.outcome, 'committed')
  assert.equal(node.state.deployments.current, undefined)
})

test('a node that was not adopted is not given back, and one that is managed is not adopted', async () => {
  const node = await kollaNode()
  const code = (name: string) => (error: unknown) => isAnnealError(error, name)
  await assert.rejects(giveBackNode(node.world()), code('NOTHING_ADOPTED'))
  await assert.rejects(rollbackNode(node.world()), /no release of this node is on file in memory$/)
  await adopt(node)
  await assert.rejects(adopt(node), code('ALREADY_MANAGED'))
})

test('a release whose services are called otherwise adopts nothing by name', async () => {
  const node = await kollaNode()
  for (const { id } of node.engine.running()) await node.engine.removeContainer(id, { force: true })
  await assert.rejects(adopt(node), (error) => isAnnealError(error, 'NOTHING_TO_ADOPT'))
})

test('a container that is gone is missed before anything is touched', async () => {
  const node = await kollaNode()
  await adopt(node)
  await node.engine.removeContainer(NAME, { force: true })
  const before = running(node)
  await assert.rejects(giveBackNode(node.world()), (error) => isAnnealError(error, 'GIVE_BACK_IMPOSSIBLE'))
  assert.deepEqual(running(node), before)
})

test('a rollback makes the containers of a release again that somebody has removed; adopted ones it cannot', async () => {
  const node = await kollaNode()
  const world = node.world()
  await adopt(node)
  await node.engine.removeContainer(NAME, { force: true })
  const before = running(node)
  await assert.rejects(rollbackNode(world), (error) => isAnnealError(error, 'ADOPTED_GONE'))
  assert.deepEqual(running(node), before)
  assert.equal(outcome(await upgradeNode(world, { release: to(NEXT) })), 'committed')
  for (const name of before) await node.engine.removeContainer(name, { force: true })
  assert.equal((await rollbackNode(world)).outcome, 'committed')
  assert.deepEqual(
    node.engine.running().map(({ image }) => image),
    [IMAGE],
  )
  assert.deepEqual(node.violations, [])
})
