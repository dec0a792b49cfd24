/**
 * kill -9 on a real engine, with a real guest: of the tool behind every entry of its journal, of dockerd, of the
 * containerd-shim of libvirt's container. Whatever was killed and wherever, `anneal node recover` leaves one whole
 * release running and the guest is the process that it was.
 *
 * All boundaries with ANNEAL_FULL=1 (`npm run crash`); otherwise every fourth, one of dockerd and one of the shim.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import { startGuest, tickPath } from '../../../lab/index.ts'
import { ComputeNode } from './support/compute-node.ts'
import type { Alive, Status } from './support/compute-node.ts'
import type { CrashOrder, CrashResult } from './support/crash-once.ts'

const FULL = process.env['ANNEAL_FULL'] === '1'
const MARKS = ['a', 'b', 'c'] as const
const NODE = '/opt/anneal/node_modules/node/bin/node'
const PROGRAM = '/opt/anneal/test/integration/node/support/crash-once.ts'

describe('a crash on a real engine', { concurrency: false }, () => {
  let node: ComputeNode
  let guest: Alive
  /** The container that the guest was started in: its layers are kept for as long as the guest lives. */
  let birthplace: string
  const releases = new Map<string, string>()
  let boundaries: readonly string[] = []

  before(async () => {
    node = await ComputeNode.up({ name: 'crash-real', engine: 'docker' }, 'docker')
    for (const mark of MARKS) {
      const file = await node.lock({ mark, stdio: 'file' })
      const plan = await node.expect<{ plan: { toReleaseId: string } }>(0, 'node', 'plan', file)
      releases.set(plan.plan.toReleaseId, file)
    }
    await node.expect(0, 'node', 'upgrade', [...releases.values()][0] ?? '')
    birthplace = await node.container()
    guest = await node.alive(await startGuest(node.host, { name: 'crash-real-vm', via: birthplace }))
  })
  after(async () => {
    await node.down()
  })

  /** Neither the current nor the previous release, so that everything has to be created. */
  async function nextFile(): Promise<string> {
    const { release, previous } = await node.expect<Status>(0, 'node', 'status')
    const found = [...releases].find(([id]) => id !== release && id !== previous)
    assert.ok(found)
    return found[1]
  }

  async function crash(victim: CrashOrder['victim'], at: number): Promise<CrashResult> {
    const order: CrashOrder = {
      victim,
      at,
      file: await nextFile(),
      guest: { name: guest.name, pid: guest.pid, tickFile: tickPath(guest.name) },
    }
    const env = { ANNEAL_ENGINE: 'docker', NO_COLOR: '1' }
    const argv = [NODE, '--disable-warning=ExperimentalWarning', PROGRAM, JSON.stringify(order)]
    return JSON.parse(await node.host.must(argv, { env, timeoutMs: 400_000 })) as CrashResult
  }

  function assertAtRest(result: CrashResult): void {
    const told = JSON.stringify(result, undefined, 1)
    assert.deepEqual(
      result.recoveries.map(({ exitCode }) => exitCode),
      [0, 0],
      told,
    )
    const second = result.recoveries[1]?.value as { report?: unknown; actions: unknown[] }
    assert.equal(second.report, undefined, 'a second recovery finds no run')
    assert.deepEqual(second.actions, [], 'a second recovery does nothing')
    assert.equal(result.status.exitCode, 0, told)
    const status = result.status.value as Status
    assert.deepEqual(status.breaches, [])
    assert.equal(result.history.exitCode, 0, 'the history verifies')
    const running = result.containers.filter(({ state }) => state === 'running').map(({ name }) => name)
    const wanted = status.services.map(({ container }) => container)
    assert.deepEqual(running.toSorted(), wanted.toSorted(), 'exactly the current release runs')
    const leftovers = result.containers.filter(
      ({ name }) => name !== birthplace && !result.referred.includes(name),
    )
    assert.deepEqual(leftovers, [], `${told}\nnothing is left but the current and the previous release`)
    assert.equal(result.guestStartTime, guest.startTime, 'the guest is the process that it was')
    assert.ok(result.ticked >= 3, `the guest ticks on, not ${result.ticked} in 20 s`)
    assert.equal(result.domstate, 'running', told)
  }

  /** One subtest for each boundary, so that each is named and counted. */
  async function sweep(
    t: TestContext,
    victim: CrashOrder['victim'],
    chosen: readonly number[],
  ): Promise<void> {
    let killed = 0
    for (const at of chosen) {
      await t.test(
        `${victim} killed behind entry ${at} of ${boundaries.length}: ${boundaries[at - 1]}`,
        async (sub) => {
          const result = await crash(victim, at)
          assert.equal(result.killedAfter?.split(' ')[0], boundaries[at - 1]?.split(' ')[0])
          if (victim === 'tool') assert.equal(result.upgrade.signal, 'SIGKILL')
          assertAtRest(result)
          killed += 1
          sub.diagnostic(
            `${result.upgrade.outcome ?? 'interrupted'}, at rest after ${result.seconds.toFixed(1)} s`,
          )
        },
      )
    }
    t.diagnostic(
      `${victim}: ${killed} of ${chosen.length} chosen boundaries passed, of ${boundaries.length} in all`,
    )
  }

  test('an upgrade that nothing interrupts tells its boundaries', async (t) => {
    const result = await crash('none', 0)
    assert.equal(result.upgrade.outcome, 'committed', result.upgrade.stderr)
    assertAtRest(result)
    boundaries = result.boundaries
    assert.ok(boundaries.length >= 20, `${boundaries.length} boundaries`)
    t.diagnostic(`${boundaries.length} boundaries in one upgrade`)
  })

  test('the tool, killed behind any entry of its journal', async (t) => {
    const all = boundaries.map((_, index) => index + 1)
    // The last entry is the end: nobody is left to be killed.
    const chosen = all.slice(0, -1).filter((at) => FULL || at % 4 === 2)
    await sweep(t, 'tool', chosen)
  })

  test('dockerd, killed within the switch', async (t) => {
    await sweep(t, 'dockerd', spread(FULL ? 6 : 1))
  })

  test('the containerd-shim of libvirt, killed within the upgrade', async (t) => {
    // Until libvirt has stopped it is the old one's, after its start the new one's.
    const places = [
      'intended disarm libvirt',
      'intended disarm virtlogd',
      'intended recount',
      'intended startContainer sleeper',
      'intended prove',
      'intended commit',
    ]
    const chosen = places.map((place) => boundaries.indexOf(place) + 1).filter((at) => at > 0)
    assert.ok(chosen.length >= 3)
    await sweep(t, 'shim', FULL ? chosen : chosen.slice(3, 4))
  })

  /** Entries of the switch, evenly. */
  function spread(count: number): readonly number[] {
    const first = boundaries.findIndex((one) => one.startsWith('intended disarm')) + 1
    const last = boundaries.indexOf('intended commit') + 1
    assert.ok(first > 0 && last > first)
    const step = (last - first) / (count + 1)
    return Array.from({ length: count }, (_, index) => Math.round(first + step * (index + 1)))
  }
})
