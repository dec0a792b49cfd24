/** The kernel, by a small machine that brings only its states, effects and executors. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import {
  BED,
  DONE,
  DRAIN,
  DRAIN_STATES,
  DrainNode,
  LEFT,
  drain,
  read,
  readAll,
  startOf,
} from '../../test/fixtures/drain-machine.ts'
import type { DrainRun, DrainState } from '../../test/fixtures/drain-machine.ts'
import {
  crashAtEveryBoundary,
  crashBySchedule,
  deadlineMs,
  decide,
  effectOf,
  findWays,
  workingStates,
} from './index.ts'
import type { CrashBed, SagaEntry } from './index.ts'

describe('a machine that brings only its states, effects and executors', () => {
  test('comes to its target, and its journal replays to the same run', async () => {
    const node = new DrainNode(['one', 'two'])
    const run = await drain(node)
    assert.equal(run.state, 'drained')
    const replayed = read(node.journal)
    assert.deepEqual([replayed?.state, replayed?.ended], [run, true])
  })

  test('comes to rest after a crash at every boundary', async (context) => {
    const boundaries = await crashAtEveryBoundary(BED)
    assert.ok(boundaries > 20, String(boundaries))
    context.diagnostic(`${boundaries} boundaries crashed`)
  })

  test('comes to rest after crashes in random order, also during recovery', async () => {
    const crashes = fc.array(fc.record({ after: fc.integer({ min: 1, max: 40 }) }), { maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(crashes, async (schedule) =>
        crashBySchedule(BED, new DrainNode(['one', 'two']), schedule),
      ),
      { numRuns: 100 },
    )
  })

  test('fails in the harness where a recovery leaves the node as it must not be', async () => {
    const broken: CrashBed<DrainNode> = {
      ...BED,
      recover: async (node) => {
        if (node.journal.length === 0) return
        await drain(node)
        // As if opening the node again had been forgotten.
        node.cordoned = true
      },
    }
    await assert.rejects(crashAtEveryBoundary(broken), /crash \d+\/\d+ at "/)
  })
})

describe('a state', () => {
  test('ends an effect that exceeds its deadline, tries it again and then leaves', async () => {
    const node = new DrainNode(['one'])
    node.stubborn = { one: 'hangs' }
    const run = await drain(node)
    assert.deepEqual([run.state, run.reason?.code], ['undone', 'DRAIN_SLOW'])
    // Two tries of ten minutes, and a second between them.
    assert.equal(node.clock.nowMs, 1_201_000)
  })

  test('tries a failed effect as often as it says', async () => {
    const node = new DrainNode(['one'])
    node.stubborn = { one: 'refuses' }
    assert.equal((await drain(node)).state, 'undone')
    assert.equal(node.points.names.filter((name) => name === 'before move one').length, 2)
  })

  test('waits for a service that is away, and not beyond its patience', async () => {
    const patient = new DrainNode(['one'])
    patient.stubborn = { one: 'away' }
    patient.awayUntilMs = 50_000
    assert.equal((await drain(patient)).state, 'drained')
    const tired = new DrainNode(['one'])
    tired.stubborn = { one: 'away' }
    tired.awayUntilMs = 70_000
    assert.equal((await drain(tired)).state, 'undone')
    assert.equal(tired.clock.nowMs, 61_000)
  })

  test('goes on without an effect that it can do without', async () => {
    const node = new DrainNode(['one'])
    node.announces = 'never'
    assert.equal((await drain(node)).state, 'drained')
    assert.equal(node.announced, 2)
  })

  test('says how long each of its effects may take', () => {
    const moving: DrainRun = { ...startOf(['one']), state: 'moving' }
    assert.equal(deadlineMs(DRAIN, moving, { kind: 'move', args: { guest: 'one' } }), 600_000)
    assert.equal(deadlineMs(DRAIN, startOf([]), { kind: 'cordon', args: {} }), 1000)
  })
})

describe('a run', () => {
  test('that is cancelled goes where its state says', async () => {
    const controller = new AbortController()
    controller.abort()
    const node = new DrainNode(['one'])
    const run = await drain(node, controller.signal)
    assert.deepEqual([run.state, run.reason?.code], ['undone', 'DRAIN_CANCELLED'])
  })

  test('keeps the first reason, and the second beside it', () => {
    const failed = { type: 'effectFailed', reason: LEFT, retry: false } as const
    const opening = decide(DRAIN, startOf(['one']), { type: 'cancelled' })
    assert.ok(opening.legal)
    const stuck = decide(DRAIN, opening.next, failed)
    assert.ok(stuck.legal)
    const { state, reason, secondReason } = stuck.next
    assert.deepEqual([state, reason?.code, secondReason?.code], ['stuck', 'DRAIN_CANCELLED', 'GUESTS_STAY'])
  })

  test('refuses events that nothing waits for, and all of them at rest', () => {
    const counted = { type: 'guestsCounted', left: 0 } as const
    assert.equal(decide(DRAIN, startOf(['one']), counted).legal, false)
    const checking: DrainRun = { ...startOf(['one']), state: 'checking' }
    assert.equal(decide(DRAIN, checking, DONE).legal, false)
    assert.equal(decide(DRAIN, { ...checking, state: 'drained' }, DONE).legal, false)
    assert.equal(effectOf(DRAIN, { ...checking, state: 'drained' }), undefined)
  })

  test('passes a state that has nothing to do', () => {
    const decision = decide(DRAIN, startOf([]), DONE)
    assert.ok(decision.legal)
    assert.equal(decision.next.state, 'checking')
  })
})

describe('a journal', () => {
  const at = '2026-01-01T00:00:00.000Z'
  const entry = (sequence: number, type: string, data: unknown): SagaEntry => {
    return { run: 'r', sequence, at, type, data }
  }
  test('of a version with other effects goes on from the state that it names', () => {
    const replayed = read([
      entry(0, 'planned', ['one']),
      entry(1, 'intended', { kind: 'cordon', args: {} }),
      // This version would have come to "moving".
      entry(2, 'happened', { event: { type: 'guestsCounted', left: 0 }, state: 'checking' }),
    ])
    assert.ok(replayed)
    const { state, left, cursor } = replayed.state
    assert.deepEqual([state, left, cursor, replayed.inDoubt], ['checking', 0, 0, undefined])
  })

  test('that ends within an effect names the one in doubt', () => {
    const replayed = read([entry(0, 'planned', ['one']), entry(1, 'intended', { kind: 'cordon', args: {} })])
    assert.ok(replayed)
    assert.deepEqual([replayed.inDoubt?.kind, replayed.nextSequence], ['cordon', 2])
  })

  test('that contradicts itself is an error with the entry and the reason', () => {
    const broken = [
      readAll([entry(0, 'intended', {})]),
      readAll([entry(0, 'planned', []), entry(1, 'dreamt', {})]),
      readAll([entry(0, 'planned', []), entry(1, 'happened', { event: DONE, state: 'levitating' })]),
    ]
    assert.deepEqual(
      broken.map((one) => (one?.ok === false ? `${one.sequence} ${one.why}` : 'whole')),
      ['0 it does not begin with a plan', '1 unknown entry "dreamt"', '1 unknown state "levitating"'],
    )
  })
})

test('the page of a table names every state, and the ways found reach each of them', () => {
  const reason = LEFT
  const ways = findWays(
    DRAIN,
    [startOf(['one'])],
    [
      { event: DONE, because: 'done' },
      { event: { type: 'effectFailed', reason, retry: false }, because: 'failed' },
      { event: { type: 'guestsCounted', left: 0 }, because: 'empty' },
      { event: { type: 'cancelled' }, because: 'cancelled' },
    ],
  )
  const reached = new Set(['cordoning', ...ways.map(({ to }) => to)])
  assert.deepEqual([...reached].toSorted(), Object.keys(DRAIN_STATES).toSorted())
  const { head, rows } = workingStates<DrainState>(DRAIN_STATES, [])
  assert.ok(rows.every((cells) => cells.length === head.length))
  const moving = rows.find(([name]) => name === '`moving`')
  assert.deepEqual(moving?.slice(4), [
    '`opening`',
    'resumes',
    '2; 1 min while the service is away',
    '1 s; `move` 10 min',
  ])
})
