import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plainSpec } from '../../../adapters/containers/index.ts'
import { SimulatedNode } from '../../../adapters/simulated/index.ts'
import type { SimulatedGuest } from '../../../adapters/simulated/index.ts'
import type { NodeWorld } from '../../../ports/index.ts'
import { pruneContainers } from './prune-containers.ts'
import { clearLeftBehind, startContainer } from './start-container.ts'

const IMAGE = `sha256:${'1'.repeat(64)}`
const SPEC = plainSpec({
  name: 'old-libvirt',
  image: IMAGE,
  labels: { 'io.anneal.project': 'compute' },
  privileged: true,
  networkMode: 'host',
})
const SIDE = { release: undefined, libvirt: undefined }
const KNOWN = { places: [], helpers: [] }

/** A container that was stopped by hand, with a guest left in its cgroup. */
async function leftBehind(): Promise<{
  node: SimulatedNode
  world: NodeWorld
  id: string
  guest: SimulatedGuest
}> {
  const node = new SimulatedNode({ [IMAGE]: {} })
  const id = await node.engine.createContainer(SPEC)
  await node.engine.startContainer(id)
  await node.engine.stopContainer(id)
  return { node, world: node.world(), id, guest: node.startGuest('vm', id) }
}

test('a guest left in a stopped container is moved out before the container starts again', async () => {
  const { world, id, guest } = await leftBehind()
  await startContainer(world, SIDE, 'libvirt', id)
  assert.deepEqual([guest.alive, guest.inside], [true, undefined])
})

test('a container is not started while a guest is left in it that cannot be moved', async () => {
  const { node, world, id, guest } = await leftBehind()
  const rescuer = {
    ...world.rescuer,
    rescue: async () => ({ method: 'cgroups' as const, unit: '', moved: [], limits: [] }),
  }
  await assert.rejects(startContainer({ ...world, rescuer }, SIDE, 'libvirt', id), {
    code: 'GUESTS_LEFT_BEHIND',
  })
  assert.equal(guest.alive, true)
  assert.equal(node.engine.running().length, 0)
})

test('a container that nobody is left in costs one look at the processes', async () => {
  const { world, id, guest } = await leftBehind()
  guest.inside = undefined
  await clearLeftBehind(world, id, KNOWN)
  await startContainer(world, SIDE, 'libvirt', id)
  assert.equal(guest.alive, true)
})

test('a stopped container that holds a guest is not pruned', async () => {
  const { node, world, guest } = await leftBehind()
  assert.deepEqual(await pruneContainers(world, 'compute'), [])
  assert.equal(guest.alive, true)
  guest.inside = undefined
  assert.deepEqual(await pruneContainers(world, 'compute'), ['old-libvirt'])
  assert.equal(node.engine.all().length, 0)
})
