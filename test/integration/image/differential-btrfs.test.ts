import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareMany } from '../../differential/compare-many.ts'
import { btrfs } from '../../differential/btrfs/index.ts'

const IMAGES = 12
const MOST_MS = 20_000

test('btrfs reads as the kernel reads it, on generated images', async (t) => {
  const lacks = btrfs.lacks()
  if (lacks !== undefined) return t.skip(lacks)
  const tally = await compareMany(btrfs, { count: IMAGES, seed: 1, until: Date.now() + MOST_MS })
  t.diagnostic(`${tally.images} images, ${tally.nodes} nodes compared`)
  assert.ok(tally.images > 0 && tally.nodes > 0)
  assert.deepEqual(tally.different, [])
})
