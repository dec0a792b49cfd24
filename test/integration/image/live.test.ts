import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareMany } from '../../differential/compare-many.ts'
import { live } from '../../differential/live/index.ts'

const IMAGES = 4
const MOST_MS = 20_000

test('the root image of a live system holds what the kernel shows of its source, on generated file systems', async (t) => {
  const lacks = live.lacks()
  if (lacks !== undefined) return t.skip(lacks)
  const tally = await compareMany(live, { count: IMAGES, seed: 1, until: Date.now() + MOST_MS })
  t.diagnostic(`${tally.images} images, ${tally.nodes} nodes compared`)
  assert.ok(tally.images > 0 && tally.nodes > 0)
  assert.deepEqual(tally.different, [])
})
