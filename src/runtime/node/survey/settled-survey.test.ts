import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimulatedNode } from '../../../adapters/simulated/index.ts'
import type { NodeWorld } from '../../../ports/index.ts'
import { settledSurvey } from './settled-survey.ts'

const PLACE = { service: 'libvirt', socket: '/run/libvirt/libvirt-sock', stateDir: '/run/libvirt' }
const QUESTION = { stopping: [], cause: 'stop', places: [PLACE], helpers: [] } as const

/** A node whose libvirt says this of a guest that has no process, one answer after the other; the last goes on. */
function answering(
  ...states: readonly ('running' | 'shutoff')[]
): Readonly<{ world: NodeWorld; asked: () => number }> {
  let asked = 0
  const world: NodeWorld = {
    ...new SimulatedNode({}).world(),
    hypervisor: () => ({
      ping: async () => '9.0.0',
      domains: async () => {
        const state = states[Math.min(asked, states.length - 1)] ?? 'shutoff'
        asked += 1
        return [{ uuid: 'u', name: 'vm', id: 1, state }]
      },
    }),
  }
  return { world, asked: () => asked }
}

test('a guest that has just ended is no disagreement: the node is looked at again', async () => {
  const { world, asked } = answering('running', 'shutoff')
  const { dissent, domains } = await settledSurvey(world, QUESTION, PLACE)
  assert.deepEqual(dissent, [])
  assert.equal(domains?.[0]?.state, 'shutoff')
  assert.equal(asked(), 2)
})

test('a lasting disagreement is reported', async () => {
  const { world, asked } = answering('running')
  const { dissent } = await settledSurvey(world, QUESTION, PLACE)
  assert.deepEqual(
    dissent.map(({ code, subject }) => `${code} ${subject}`),
    ['GUEST_WITHOUT_PROCESS vm'],
  )
  assert.equal(asked(), 3)
})

test('a libvirt that does not answer disagrees with nobody', async () => {
  const node = new SimulatedNode({})
  node.startGuest('vm')
  const { dissent, domains } = await settledSurvey(node.world(), QUESTION, PLACE)
  assert.equal(domains, undefined)
  assert.deepEqual(dissent, [])
})
