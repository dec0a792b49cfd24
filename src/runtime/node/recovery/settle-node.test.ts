import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plainSpec } from '../../../adapters/containers/index.ts'
import { SimulatedNode } from '../../../adapters/simulated/index.ts'
import { makePlan } from '../../../node/index.ts'
import type { Deployment, Plan, ServiceUnit } from '../../../node/index.ts'
import { kollaUnit } from '../../../node/testing/index.ts'
import { Journal } from '../../saga/index.ts'
import { previewRecovery } from './preview-recovery.ts'
import { recoverNode } from './settle-node.ts'
import { saveSides } from '../upgrade/side.ts'

const IMAGE = `sha256:${'1'.repeat(64)}`
const ADOPTED: Deployment = {
  releaseId: 'adopted',
  project: 'compute',
  services: [
    {
      name: 'libvirt',
      digest: 'adopted:1',
      image: IMAGE,
      containerId: 'gone',
      containerName: 'nova_libvirt',
      stopGraceMs: 1000,
      restart: 'no',
    },
  ],
}
const SPEC = plainSpec({ name: 'nova_libvirt', image: IMAGE, privileged: true, networkMode: 'host' })

function firstPlan(): Plan {
  const next = {
    name: 'libvirt',
    digest: 'd',
    image: IMAGE,
    replace: 'always',
    stopGraceMs: 1,
    restart: 'no',
  } as const
  return makePlan(
    ADOPTED,
    { id: 'b', project: 'compute', libvirt: { service: 'libvirt' }, services: [next] },
    { kind: 'upgrade', rescue: false, onFailure: 'rollBack', neededByGuests: [], previous: undefined },
    () => 'p',
  )
}

/** A node whose first upgrade found no way back: it ended in `state`, and no release was ever committed. */
async function afterFirstRun(state: 'attention' | 'refused'): Promise<SimulatedNode> {
  const node = new SimulatedNode({ [IMAGE]: { libvirt: '9.0.0' } })
  const world = node.world()
  const place = { service: 'libvirt', socket: '/run/libvirt/libvirt-sock', stateDir: '/run/libvirt' }
  await saveSides(world.state, 'run-1', {
    old: { release: undefined, libvirt: place },
    next: { release: undefined, libvirt: place },
  })
  const journal = new Journal('run-1', 0, {
    append: (entry) => world.state.appendJournal(entry),
    clock: world.clock,
  })
  await journal.planned(firstPlan())
  await journal.ended(state)
  return node
}

test('recovery does not call a node whole whose adopted libvirt removed itself', async () => {
  const { problems } = await recoverNode((await afterFirstRun('attention')).world())
  assert.deepEqual(
    problems.map(({ code }) => code),
    ['CONTAINER_MISSING'],
  )
})

test('recovery starts the adopted container again where it is still there', async () => {
  const node = await afterFirstRun('attention')
  await node.engine.createContainer(SPEC)
  const { problems, actions } = await recoverNode(node.world())
  assert.deepEqual([problems, actions], [[], ['started libvirt']])
})

test('after a run that touched nothing, containers of others are left as they are', async () => {
  const node = await afterFirstRun('refused')
  await node.engine.createContainer(SPEC)
  assert.deepEqual(await recoverNode(node.world()), { report: undefined, actions: [], problems: [] })
  assert.equal(node.engine.running().length, 0)
})

test('a node that never had a run is at rest', async () => {
  assert.deepEqual((await recoverNode(new SimulatedNode({}).world())).problems, [])
})

test('recovery tells of a second libvirt, whatever its container is called', async () => {
  const node = await afterFirstRun('attention')
  await node.engine.createContainer(SPEC)
  const other = await node.engine.createContainer({ ...SPEC, name: 'somebody-elses' })
  await node.engine.startContainer(other)
  const { problems } = await recoverNode(node.world())
  assert.deepEqual(
    problems.map(({ code }) => code),
    ['SECOND_LIBVIRT'],
  )
  assert.match(problems[0]?.message ?? '', /somebody-elses/)
})

test('recovery tells of a unit that brings back a container of the release before', async () => {
  const node = new SimulatedNode({ [IMAGE]: { libvirt: '9.0.0' } })
  const id = await node.engine.createContainer({ ...SPEC, name: 'new-libvirt' })
  await node.engine.createContainer(SPEC)
  await node.engine.startContainer(id)
  const service = { ...ADOPTED.services[0], containerId: id, containerName: 'new-libvirt' }
  const current = { releaseId: 'b', project: 'compute', services: [service] } as Deployment
  await node.state.writeDeployments({ version: 1, current, previous: ADOPTED })
  assert.deepEqual((await recoverNode(node.world())).problems, [])
  node.units.push(kollaUnit('nova_libvirt'))
  const { problems } = await recoverNode(node.world())
  assert.deepEqual(
    problems.map(({ code }) => code),
    ['STARTED_FROM_OUTSIDE'],
  )
  assert.match(problems[0]?.message ?? '', /nova_libvirt.*kolla-nova_libvirt-container\.service/)
})

/** A node with its first release, which took over from Kolla's container. */
async function tookOver(unit: Partial<ServiceUnit>): Promise<SimulatedNode> {
  const node = new SimulatedNode({ [IMAGE]: { libvirt: '9.0.0' } })
  const id = await node.engine.createContainer({ ...SPEC, name: 'new-libvirt' })
  await node.engine.createContainer(SPEC)
  await node.engine.startContainer(id)
  const [old] = ADOPTED.services
  assert.ok(old)
  const adopted = { ...ADOPTED, services: [{ ...old, supervisors: [{ unit: KOLLA.name, ran: true }] }] }
  const service = { ...old, containerId: id, containerName: 'new-libvirt' }
  const current = { releaseId: 'b', project: 'compute', services: [service] }
  await node.state.writeDeployments({ version: 1, current, previous: undefined, adopted })
  node.units.push({ ...KOLLA, ...unit })
  return node
}

const KOLLA = kollaUnit('nova_libvirt', { activeState: 'inactive' })

test('recovery keeps the unit of an adopted container from acting, also after later releases', async () => {
  const node = await tookOver({})
  const world = node.world()
  assert.deepEqual((await previewRecovery(world)).actions, [`keep ${KOLLA.name} from starting its container`])
  const { actions, problems } = await recoverNode(world)
  assert.deepEqual(actions, [`kept ${KOLLA.name} from starting its container`])
  assert.deepEqual(problems, [])
  assert.equal(node.units[0]?.disarmed, true)
  assert.deepEqual((await recoverNode(world)).actions, [])
})

test('recovery lets the unit act again where its container is what runs', async () => {
  const node = await tookOver({ disarmed: true })
  const { current, adopted } = node.state.deployments
  await node.state.writeDeployments({ version: 1, current: adopted, previous: current, adopted })
  const { actions } = await recoverNode(node.world())
  assert.deepEqual(actions.slice(-1), [`let ${KOLLA.name} act again`])
  assert.deepEqual([node.units[0]?.disarmed, node.units[0]?.activeState], [false, 'active'])
})
