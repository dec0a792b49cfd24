import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareMany } from '../../differential/compare-many.ts'
import { erofs } from '../../differential/erofs/index.ts'

const IMAGES = 20
const MOST_MS = 15_000

test('EROFS reads as the kernel reads it, on generated images', async (t) => {
  const lacks = erofs.lacks()
  if (lacks !== undefined) return t.skip(lacks)
  const tally = await compareMany(erofs, { count: IMAGES, seed: 1, until: Date.now() + MOST_MS })
  t.diagnostic(`${tally.images} images, ${tally.nodes} nodes compared`)
  assert.ok(tally.images > 0 && tally.nodes > 0)
  assert.deepEqual(tally.different, [])
})
