import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TestContext } from 'node:test'
import { watchLife } from '../../../../lab/index.ts'
import type { ComputeHost, GuestLife, LifeSeen } from '../../../../lab/index.ts'

/**
 * How many packets an act may lose. `asIdle`: no more than the machine loses by itself; for a machine at rest. `reachable`:
 * the guest answers most of the time; a busy machine with two cores loses packets in any minute.
 */
type PacketLimit = 'asIdle' | 'reachable'

/**
 * Watches a guest's packets, disk writes and clock through an act. It must lose no write and no tick, and no more packets than
 * `limit` allows: for `asIdle` the guest is watched for as long again while nothing happens. What was seen stands in the
 * test's report.
 */
export async function assertNothingLost<T>(
  t: TestContext,
  host: ComputeHost,
  name: string,
  life: GuestLife,
  limit: PacketLimit,
  act: () => Promise<T>,
): Promise<T> {
  const results: T[] = []
  const startedAt = performance.now()
  const during = await watchLife(host, name, life, async () => results.push(await act()))
  const lengthMs = performance.now() - startedAt
  t.diagnostic(`switch:  ${lifeLine(during)}`)
  assert.ok(during.packetsSent > 50, `pings were sent: ${during.packetsSent}`)
  if (limit === 'reachable') assert.ok(during.packetsLost <= during.packetsSent / 2, lifeLine(during))
  else {
    const idle = await watchLife(host, name, life, () => sleep(lengthMs))
    t.diagnostic(`control: ${lifeLine(idle)}`)
    // An outage of a twentieth of a second in ten would be more.
    const byTheMachine = 2 * idle.packetsLost + during.packetsSent / 200
    assert.ok(during.packetsLost <= byTheMachine, `switch: ${lifeLine(during)}; control: ${lifeLine(idle)}`)
  }
  assert.deepEqual([during.ticksLost, during.writesLost], [0, 0])
  return results[0] as T
}

export function lifeLine(seen: LifeSeen): string {
  return `${seen.packetsLost} of ${seen.packetsSent} packets lost, longest answer ${seen.longestAnswerMs.toFixed(0)} ms; longest time without a write ${seen.longestWriteGapMs.toFixed(0)} ms, without a tick ${seen.longestTickGapMs.toFixed(0)} ms`
}
