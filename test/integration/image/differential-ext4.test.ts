import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareMany } from '../../differential/compare-many.ts'
import { ext4 } from '../../differential/ext4/index.ts'

const IMAGES = 40
const MOST_MS = 30_000

test('ext2, ext3 and ext4 read as the kernel reads them, on generated images', async (t) => {
  const lacks = ext4.lacks()
  if (lacks !== undefined) return t.skip(lacks)
  const tally = await compareMany(ext4, { count: IMAGES, seed: 1, until: Date.now() + MOST_MS })
  t.diagnostic(`${tally.images} images, ${tally.nodes} nodes compared`)
  assert.ok(tally.images > 0 && tally.nodes > 0)
  assert.deepEqual(tally.different, [])
})
