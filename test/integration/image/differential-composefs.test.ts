import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareMany } from '../../differential/compare-many.ts'
import { composefs } from '../../differential/composefs/index.ts'

const IMAGES = 12
const MOST_MS = 15_000

test('composefs reads as the kernel reads image and objects, on generated trees', async (t) => {
  const lacks = composefs.lacks()
  if (lacks !== undefined) return t.skip(lacks)
  const tally = await compareMany(composefs, { count: IMAGES, seed: 1, until: Date.now() + MOST_MS })
  t.diagnostic(`${tally.images} images, ${tally.nodes} nodes compared`)
  assert.ok(tally.images > 0 && tally.nodes > 0)
  assert.deepEqual(tally.different, [])
})
