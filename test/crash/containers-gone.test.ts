import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SimulatedNode } from '../../src/adapters/simulated/index.ts'
import { breachesAtRest } from '../../src/node/index.ts'
import { recoverNode, runUpgrade } from '../../src/runtime/node/index.ts'
import { KOLLA, SCENARIOS } from './scenarios.ts'
import type { Scenario } from './scenarios.ts'

/** Each call passes a boundary before it and one after: between two calls nothing can be seen to happen. */
const EVERY_CALL = 2

async function boundariesOf(scenario: Scenario): Promise<number> {
  const node = await scenario.prepare()
  const before = node.points.passed
  const { plan, sides } = scenario.plan(node)
  await runUpgrade(node.world(), plan, sides, 'run')
  return node.points.passed - before
}

const ADOPTED = KOLLA.services.map(({ containerName }) => containerName)

/** A container that somebody else made cannot be made again: nobody knows how. */
function lacksAdopted(node: SimulatedNode): boolean {
  const names = node.engine.all().map(({ name }) => name)
  return ADOPTED.some((name) => !names.includes(name))
}

/** Those that come back: by themselves, by hand, to what Kolla made. */
const NAMES = [
  'newer libvirt, and the compute service fails: back over a libvirt version',
  'rollback by hand to the release before',
  'taking over a node of Kolla, and the compute service fails',
]

for (const scenario of SCENARIOS.filter(({ name }) => NAMES.includes(name))) {
  test(`stopped containers are removed at any boundary: ${scenario.name}`, async () => {
    const boundaries = await boundariesOf(scenario)
    for (let k = 1; k <= boundaries; k += EVERY_CALL) {
      const node = await scenario.prepare()
      const { plan, sides } = scenario.plan(node)
      const alive = node.guests.filter((guest) => guest.alive)
      node.points.at(k, () => node.engine.prune())
      const report = await runUpgrade(node.world(), plan, sides, 'run')
      const told = `${k}/${boundaries}, ${report.outcome}: ${JSON.stringify([report.reason, report.secondReason])}`
      assert.ok(
        alive.every((guest) => guest.alive),
        `${told}: a guest died`,
      )
      if (/Kolla/.test(scenario.name) && lacksAdopted(node)) {
        assert.deepEqual(
          (await recoverNode(node.world())).problems.map(({ code }) => code)[0],
          'CONTAINER_MISSING',
        )
        continue
      }
      assert.notEqual(report.outcome, 'attention', told)
      const { problems } = await recoverNode(node.world())
      assert.deepEqual(problems, [], told)
      const { current } = node.state.deployments
      if (current !== undefined) assert.deepEqual(breachesAtRest(current, node.engine.all()), [], told)
    }
  })
}

test('conmon is killed at any boundary of a run that comes back', async () => {
  const scenario = SCENARIOS.find(({ name }) => name === NAMES[0])
  assert.ok(scenario)
  const boundaries = await boundariesOf(scenario)
  for (let k = 1; k <= boundaries; k += EVERY_CALL) {
    const node: SimulatedNode = await scenario.prepare()
    const { plan, sides } = scenario.plan(node)
    node.points.at(k, () => node.engine.loseWatchers())
    const report = await runUpgrade(node.world(), plan, sides, 'run')
    const told = `${k}/${boundaries}: ${JSON.stringify([report.reason, report.secondReason])}`
    assert.ok(
      node.guests.every((guest) => guest.alive),
      `${told}: a guest died`,
    )
    assert.equal(report.outcome, 'rolledBack', told)
    assert.deepEqual((await recoverNode(node.world())).problems, [], told)
    assert.deepEqual(breachesAtRest(node.state.deployments.current, node.engine.all()), [], told)
  }
})

test('a run that can only go forward creates what was removed before it commits', async () => {
  const scenario = SCENARIOS.find(({ name }) => name === 'roll-forward where the compute service fails')
  assert.ok(scenario)
  const boundaries = await boundariesOf(scenario)
  for (let k = 1; k <= boundaries; k += EVERY_CALL) {
    const node = await scenario.prepare()
    const { plan, sides } = scenario.plan(node)
    node.points.at(k, () => node.engine.prune())
    const { outcome } = await runUpgrade(node.world(), plan, sides, 'run')
    const told = `${k}/${boundaries}, ${outcome}`
    assert.ok(
      node.guests.every((guest) => guest.alive),
      `${told}: a guest died`,
    )
    const libvirt = node.engine.running().some(({ name }) => name.includes('libvirt'))
    assert.ok(libvirt, `${told}: no libvirt runs`)
  }
})
