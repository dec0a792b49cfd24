import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { SimulatedNode } from '../../src/adapters/simulated/index.ts'
import { breachesAtRest } from '../../src/node/index.ts'
import { recoverNode, replay, runUpgrade } from '../../src/runtime/node/index.ts'
import { crashAtEveryBoundary, crashBySchedule } from '../../src/saga/index.ts'
import type { CrashBed } from '../../src/saga/index.ts'
import { IMAGES, KOLLA, OLD, SCENARIOS, planFor, release } from './scenarios.ts'
import type { Scenario } from './scenarios.ts'

/** Everything that must hold once the node has come to rest. */
function assertAtRest(
  node: SimulatedNode,
  scenario: Scenario,
  told: string,
  guestsLost: 'none' | 'byPowerCut',
): void {
  const { current } = node.state.deployments
  const run = replay(node.state.journal)
  assert.ok(run === undefined || run.ended, `${told}: the run has not ended`)
  assert.deepEqual(node.violations, [], told)
  if (guestsLost === 'none') {
    assert.deepEqual(
      node.guests.filter((guest) => !guest.alive).map((guest) => guest.name),
      [],
      `${told}: guests died`,
    )
    const libvirt = node.runningLibvirt()
    if (libvirt !== undefined && libvirt.fault === undefined) {
      const unseen = node.guests.filter((guest) => !node.reads(libvirt, guest)).map((guest) => guest.name)
      assert.deepEqual(unseen, [], `${told}: libvirt does not see guests`)
    }
  }
  assertUnitsAtRest(node, told)
  // "attention" is the one end where a person has to look: guests are alive, the services may not all be.
  if (scenario.outcome === 'attention') return
  // A first run that went back rests on what it was to take over from.
  assert.notEqual(current?.releaseId, KOLLA.releaseId, `${told}: what was given back is not Anneal's`)
  const resting = current ?? (node.units.length === 0 ? undefined : KOLLA)
  assert.deepEqual(breachesAtRest(resting, node.engine.all()), [], told)
}

/** A unit acts where its container runs, and nowhere else. */
function assertUnitsAtRest(node: SimulatedNode, told: string): void {
  for (const { name, starts, activeState, disarmed = false } of node.units) {
    const runs = node.engine.running().some((container) => starts[0]?.endsWith(` ${container.name}`))
    assert.equal(disarmed, !runs, `${told}: ${name} may ${disarmed ? 'not ' : ''}act`)
    assert.equal(activeState, runs ? 'active' : 'inactive', `${told}: ${name} is ${activeState}`)
  }
}

function bedOf(scenario: Scenario, guestsLost: 'none' | 'byPowerCut'): CrashBed<SimulatedNode> {
  return {
    prepare: scenario.prepare,
    points: ({ points }) => points,
    run: (node) => {
      const { plan, sides } = scenario.plan(node)
      return runUpgrade(node.world(), plan, sides, 'run')
    },
    recover: (node) => recoverNode(node.world()),
    assertAtRest: (node, told) => assertAtRest(node, scenario, told, guestsLost),
  }
}

for (const scenario of SCENARIOS) {
  test(`undisturbed: ${scenario.name}`, async () => {
    const node = await scenario.prepare()
    const { plan, sides } = scenario.plan(node)
    const report = await runUpgrade(node.world(), plan, sides, 'run')
    assert.equal(report.outcome, scenario.outcome, JSON.stringify([report.reason, report.secondReason]))
    assertAtRest(node, scenario, scenario.name, 'none')
  })

  test(`a crash at every boundary comes to rest: ${scenario.name}`, async (context) => {
    const boundaries = await crashAtEveryBoundary(bedOf(scenario, 'none'))
    context.diagnostic(`${boundaries} boundaries crashed`)
  })

  test(`a power cut at every boundary comes to rest: ${scenario.name}`, async () => {
    await crashAtEveryBoundary({
      ...bedOf(scenario, 'byPowerCut'),
      onCrash: (node, told) => {
        node.reboot()
        assert.ok(node.engine.running().length <= 3, `${told}: the engine alone brought up two releases`)
      },
    })
  })
}

test('the next libvirt stands by only where it reads the guests as they are', async () => {
  const waited = async (name: string): Promise<readonly string[]> => {
    const scenario = SCENARIOS.find((candidate) => candidate.name === name)
    assert.ok(scenario)
    const node = await scenario.prepare()
    const before = node.stoodBy.length
    const { plan, sides } = scenario.plan(node)
    await runUpgrade(node.world(), plan, sides, 'run')
    return node.stoodBy.slice(before).map((container) => container.split('-')[1] ?? '')
  }
  assert.deepEqual(await waited('upgrade to a newer libvirt'), ['libvirt'])
  // The image does not say that it can.
  assert.deepEqual(await waited('upgrade with guests'), [])
  // The old libvirt does not know a flag of the new one: status files are translated between the two.
  assert.deepEqual(await waited('rollback by hand to the release before'), [])
})

test('a libvirt that would not see the state of the one before it does not stand by', async () => {
  const waited = async (source: string): Promise<number> => {
    const node = new SimulatedNode(IMAGES)
    const first = planFor(node, OLD)
    await runUpgrade(node.world(), first.plan, first.sides, 'run-0')
    const next = release({ libvirt: 'libvirt-11', agent: 'agent-2', compute: 'compute-2' })
    const services = next.services.map((service) => {
      const mounts = [{ type: 'bind', source, target: '/run/libvirt', readOnly: false }] as const
      return { ...service, container: { ...service.container, mounts } }
    })
    const { plan, sides } = planFor(node, { ...next, services })
    const report = await runUpgrade(node.world(), plan, sides, 'run-1')
    assert.equal(report.outcome, 'committed')
    return node.stoodBy.length
  }
  assert.equal(await waited('/run/libvirt'), 1)
  assert.equal(await waited('/srv/libvirt'), 0)
})

test('random schedules of crashes and power cuts, also during recovery, come to rest', async () => {
  const schedule = fc.record({
    scenario: fc.constantFrom(...SCENARIOS),
    crashes: fc.array(fc.record({ after: fc.integer({ min: 1, max: 120 }), reboot: fc.boolean() }), {
      minLength: 1,
      maxLength: 6,
    }),
  })
  await fc.assert(
    fc.asyncProperty(schedule, async ({ scenario, crashes }) => {
      const node = await scenario.prepare()
      const rebooted = crashes.some(({ reboot }) => reboot)
      await crashBySchedule(
        bedOf(scenario, rebooted ? 'byPowerCut' : 'none'),
        node,
        crashes.map(({ after, reboot }) => (reboot ? { after, onCrash: () => node.reboot() } : { after })),
      )
    }),
    { numRuns: 300 },
  )
})
