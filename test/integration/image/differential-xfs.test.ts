import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareMany } from '../../differential/compare-many.ts'
import { xfs } from '../../differential/xfs/index.ts'

const IMAGES = 40
const MOST_MS = 30_000

test('XFS reads as the kernel and xfs_db read it, on generated images', async (t) => {
  const lacks = xfs.lacks()
  if (lacks !== undefined) return t.skip(lacks)
  const tally = await compareMany(xfs, { count: IMAGES, seed: 1, until: Date.now() + MOST_MS })
  t.diagnostic(`${tally.images} images, ${tally.nodes} nodes compared`)
  assert.ok(tally.images > 0 && tally.nodes > 0)
  assert.deepEqual(tally.different, [])
})
