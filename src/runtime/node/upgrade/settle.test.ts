import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Container } from '../../../node/index.ts'
import type { NodeWorld } from '../../../ports/index.ts'
import { settle } from './settle.ts'
import type { Settled } from './settle.ts'

const START = Date.UTC(2026, 0, 1)
const STARTED = new Date(START).toISOString()

/** Watches one service, which is at each second as `at` says. How long it took, and what was found. */
async function watch(
  at: (second: number) => Partial<Container>,
  settleMs?: number,
  isKept = false,
): Promise<Settled & Readonly<{ seconds: number }>> {
  let now = START
  const world = {
    engine: {
      listContainers: async () => [
        { name: 'one', status: 'running', health: 'none', startedAt: STARTED, ...at((now - START) / 1000) },
      ],
      logs: async () => 'it said this\n',
    },
    clock: {
      now: () => now,
      monotonic: () => now - START,
      sleep: async (ms: number) => {
        now += ms
      },
    },
  } as unknown as NodeWorld
  const settled = await settle(world, [{ service: 'compute', container: 'one', settleMs, isKept }])
  return { ...settled, seconds: (now - START) / 1000 }
}

test('a service has to stay up for ten seconds, or for as long as its release says', async () => {
  assert.deepEqual(await watch(() => ({})), { failures: [], waited: true, seconds: 10 })
  assert.deepEqual(await watch(() => ({}), 3500), { failures: [], waited: true, seconds: 3.5 })
  assert.deepEqual(await watch(() => ({}), 0), { failures: [], waited: false, seconds: 0 })
})

test('the time before counts, and a healthcheck that passes ends it', async () => {
  const earlier = new Date(START - 8000).toISOString()
  assert.equal((await watch(() => ({ startedAt: earlier }))).seconds, 2)
  assert.equal((await watch((second) => ({ health: second < 4 ? 'starting' : 'healthy' }))).seconds, 4)
})

test('a clock that is set back does not make it longer', async () => {
  const later = new Date(START + 3_600_000).toISOString()
  assert.equal((await watch(() => ({ startedAt: later }))).seconds, 10)
})

for (const [what, state, expected] of [
  ['ends', { status: 'exited', exitCode: 3 }, /exited with code 3\nit said this/],
  ['turns unhealthy', { health: 'unhealthy' }, /its healthcheck fails/],
  ['is started again', { startedAt: new Date(START + 5000).toISOString() }, /it ended and was started again/],
  ['waits for its restart', { status: 'restarting' }, /its container is restarting/],
] as const satisfies readonly (readonly [string, Partial<Container>, RegExp])[]) {
  test(`a service that ${what} meanwhile fails at once`, async () => {
    const { failures, seconds } = await watch((second) => (second < 5 ? {} : state))
    assert.equal(seconds, 5)
    assert.deepEqual(
      failures.map(({ code, subject }) => [code, subject]),
      [['SERVICE_NOT_READY', 'compute']],
    )
    assert.match(failures[0]?.detail ?? '', expected)
  })
}

test('a service that is kept may have been unhealthy before, and may not turn so', async () => {
  const unhealthy = { health: 'unhealthy' } as const
  assert.deepEqual((await watch(() => unhealthy, 3000, true)).failures, [])
  assert.equal((await watch((second) => (second < 2 ? {} : unhealthy), 3000, true)).failures.length, 1)
})
