import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareMany } from '../../differential/compare-many.ts'
import { iso9660 } from '../../differential/iso9660/index.ts'

const IMAGES = 30
const MOST_MS = 12_000

test('iso9660: generated discs are read as bsdtar and blkid read them, and hold what they were made of', async (t) => {
  const lacks = iso9660.lacks()
  if (lacks !== undefined) return t.skip(lacks)
  const tally = await compareMany(iso9660, { count: IMAGES, seed: 1, until: Date.now() + MOST_MS })
  t.diagnostic(`${tally.images} discs, ${tally.nodes} nodes compared`)
  assert.ok(tally.images > 0)
  assert.deepEqual(tally.different, [])
})
