import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Slots } from './slots.ts'

test('no more work runs at once than there are slots, and a slot comes free also when work fails', async () => {
  const slots = new Slots(2)
  let running = 0
  let most = 0
  const work = async (fails: 'fails' | 'works'): Promise<void> => {
    running += 1
    most = Math.max(most, running)
    await Promise.resolve()
    running -= 1
    if (fails === 'fails') throw new Error('work failed')
  }
  const results = await Promise.allSettled(
    (['works', 'fails', 'works', 'fails', 'works'] as const).map((fails) => slots.run(() => work(fails))),
  )
  assert.equal(most, 2)
  assert.deepEqual(
    results.map((result) => result.status),
    ['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'],
  )
})
