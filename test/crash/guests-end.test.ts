import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { CrashSignal } from '../../src/adapters/simulated/index.ts'
import type { SimulatedNode, TenantAct } from '../../src/adapters/simulated/index.ts'
import { breachesAtRest } from '../../src/node/index.ts'
import { recoverNode, replay, runUpgrade } from '../../src/runtime/node/index.ts'
import type { RunReport } from '../../src/runtime/node/index.ts'
import { SCENARIOS } from './scenarios.ts'
import type { Scenario } from './scenarios.ts'

const TENANT_ACTS: readonly TenantAct[] = ['shutsDown', 'destroys', 'restarts']

/** With guests: one that succeeds, one that cannot go back as it came, and two ways back. */
const NAMES = [
  'upgrade with guests',
  'upgrade to a newer libvirt',
  'new libvirt exits',
  'newer libvirt, and the compute service fails: back over a libvirt version',
]
const WITH_GUESTS = SCENARIOS.filter(({ name }) => NAMES.includes(name))

/** Each call passes a boundary before it and one after: between two calls nothing can be seen to happen. */
const EVERY_CALL = 2

/** Runs a scenario; at its `k`-th boundary `happens` happens. */
async function runWith(
  scenario: Scenario,
  k: number,
  happens: (node: SimulatedNode) => void,
): Promise<Readonly<{ node: SimulatedNode; report: RunReport; during: string | undefined }>> {
  const node = await scenario.prepare()
  const { plan, sides } = scenario.plan(node)
  let during: string | undefined
  node.points.at(k, () => {
    during = replay(node.state.journal)?.state.state
    happens(node)
  })
  const report = await runUpgrade(node.world(), plan, sides, 'run')
  return { node, report, during }
}

async function boundariesOf(scenario: Scenario): Promise<number> {
  const node = await scenario.prepare()
  const before = node.points.passed
  const { plan, sides } = scenario.plan(node)
  await runUpgrade(node.world(), plan, sides, 'run')
  return node.points.passed - before
}

/** Nobody else was lost, and the node is at rest. */
function assertOthersLive(node: SimulatedNode, victim: string, told: string): void {
  const others = node.guests.filter(({ name }) => name !== victim)
  assert.ok(others.length > 0)
  assert.deepEqual(
    others.filter(({ alive }) => !alive).map(({ name }) => name),
    [],
    `${told}: others died`,
  )
  assert.deepEqual(node.violations, [], told)
}

for (const act of TENANT_ACTS) {
  for (const scenario of WITH_GUESTS) {
    test(`a tenant ${act} a guest at every boundary: ${scenario.name}`, async () => {
      const boundaries = await boundariesOf(scenario)
      for (let k = 1; k <= boundaries; k += EVERY_CALL) {
        const { node, report } = await runWith(scenario, k, (there) => there.tenant(act, 'two'))
        const told = `${act} at ${k}/${boundaries}, "${node.points.names.at(-1)}"`
        const why = JSON.stringify([report.reason, report.secondReason, report.ended])
        // The new compute service may have destroyed it as well: that speaks against the release.
        const byCompute = report.ended.some(({ kind, counts }) => kind === 'destroyed' && counts)
        if (!byCompute) assert.equal(report.outcome, scenario.outcome, `${told}: ${why}`)
        else assert.ok(['rolledBack', 'attention'].includes(report.outcome), `${told}: ${why}`)
        assertOthersLive(node, 'two', told)
        if (report.outcome !== 'attention')
          assert.deepEqual(breachesAtRest(node.state.deployments.current, node.engine.all()), [], told)
      }
    })
  }
}

for (const scenario of WITH_GUESTS) {
  test(`a guest that crashes at any boundary counts against the release: ${scenario.name}`, async () => {
    const boundaries = await boundariesOf(scenario)
    let counted = 0
    for (let k = 1; k <= boundaries; k += EVERY_CALL) {
      const { node, report, during } = await runWith(scenario, k, (there) => there.crash('two'))
      const told = `crash at ${k}/${boundaries} in ${during}`
      if (during === 'creating' || during === 'switching') {
        counted += 1
        assert.notEqual(report.outcome, 'committed', told)
        const [ending] = report.ended
        assert.deepEqual([ending?.name, ending?.counts], ['two', true], told)
        assert.deepEqual(
          report.guests.filter(({ alive }) => !alive).map(({ name }) => name),
          ['two'],
          told,
        )
      }
      assertOthersLive(node, 'two', told)
    }
    assert.ok(counted > 0)
  })
}

test('tenants act, guests crash and the tool is killed, in random order: the node comes to rest', async () => {
  const schedule = fc.record({
    scenario: fc.constantFrom(...WITH_GUESTS),
    act: fc.constantFrom<TenantAct | 'crash'>(...TENANT_ACTS, 'crash'),
    actsAfter: fc.integer({ min: 1, max: 120 }),
    killedAfter: fc.integer({ min: 1, max: 120 }),
  })
  await fc.assert(
    fc.asyncProperty(schedule, async ({ scenario, act, actsAfter, killedAfter }) => {
      const node = await scenario.prepare()
      const { plan, sides } = scenario.plan(node)
      node.points.at(actsAfter, () => (act === 'crash' ? node.crash('two') : node.tenant(act, 'two')))
      node.points.crashAt(killedAfter)
      try {
        await runUpgrade(node.world(), plan, sides, 'run')
      } catch (error) {
        if (!(error instanceof CrashSignal)) throw error
      }
      node.points.revive()
      const { report } = await recoverNode(node.world())
      const told = JSON.stringify({ act, actsAfter, killedAfter })
      const run = replay(node.state.journal)
      assert.ok(run === undefined || run.ended, `${told}: the run has not ended`)
      assertOthersLive(node, 'two', told)
      if (act === 'shutsDown' && scenario.outcome !== 'attention' && report !== undefined)
        assert.notEqual(report.outcome, 'attention', `${told}: ${JSON.stringify(report.reason)}`)
    }),
    { numRuns: 200 },
  )
})
