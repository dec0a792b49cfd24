import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, before, describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import { guestLife, makeBridge, startGuest, waitForPing, watchLife } from '../../../../lab/index.ts'
import type { LifeSeen, NestedEngine } from '../../../../lab/index.ts'
import type { RunReport } from '../../../../src/runtime/node/index.ts'
import { ComputeNode } from './compute-node.ts'
import type { Alive } from './compute-node.ts'

/**
 * What a guest notices of an upgrade beyond its clock: it answers pings on a bridge of the host, and writes to its disk and
 * flushes. Each switch is followed by a window of the same length in which nothing happens: what is lost there is the
 * machine's doing.
 */
export function lifeBehaviour(engine: NestedEngine): void {
  describe(`a guest's whole life on ${engine}`, { concurrency: false }, () => {
    const life = guestLife(1)
    const name = `${engine}-life`
    let node: ComputeNode
    let alive: Alive
    let one = ''
    let two = ''

    before(async () => {
      node = await ComputeNode.up({ name, engine }, engine)
      one = await node.lock({ mark: 'one', libvirt: 'bookworm' })
      two = await node.lock({ mark: 'two', libvirt: 'bookworm-backports' })
      await node.expect(0, 'node', 'upgrade', one)
      await makeBridge(node.host)
      const guest = await startGuest(node.host, { name, via: await node.container(), engine, life })
      await waitForPing(node.host, life.address)
      alive = await node.alive(guest)
    })
    after(async () => {
      await node.down()
    })

    test('libvirt 9.0 → 11.3: no packet, no write and no tick is lost', async (t) => {
      await assertNothingLost(t, () => node.expect<RunReport>(0, 'node', 'upgrade', two))
    })

    test('back to 9.0: no packet, no write and no tick is lost', async (t) => {
      await assertNothingLost(t, () => node.expect<RunReport>(0, 'node', 'rollback'))
    })

    async function assertNothingLost(t: TestContext, act: () => Promise<RunReport>): Promise<void> {
      const startedAt = performance.now()
      const during = await watchLife(node.host, name, life, act)
      const lengthMs = performance.now() - startedAt
      const idle = await watchLife(node.host, name, life, () => sleep(lengthMs))
      t.diagnostic(`switch: ${lifeLine(during)}`)
      t.diagnostic(`idle:   ${lifeLine(idle)}`)
      await node.assertUntouched(alive)
      assert.ok(during.packetsSent > 50, `pings were sent: ${during.packetsSent}`)
      assert.ok(during.packetsLost <= idle.packetsLost, lifeLine(during))
      assert.deepEqual([during.ticksLost, during.writesLost], [0, 0])
    }
  })
}

export function lifeLine(seen: LifeSeen): string {
  return `${seen.packetsLost} of ${seen.packetsSent} packets lost, longest answer ${seen.longestAnswerMs.toFixed(0)} ms; longest time without a write ${seen.longestWriteGapMs.toFixed(0)} ms, without a tick ${seen.longestTickGapMs.toFixed(0)} ms`
}
