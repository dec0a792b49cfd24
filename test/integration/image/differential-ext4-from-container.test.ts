import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareMany } from '../../differential/compare-many.ts'
import { ext4FromContainer } from '../../differential/ext4-from-container/index.ts'

const IMAGES = 20
const MOST_MS = 20_000

test('the ext4 of a container holds the tree that umoci unpacks, and e2fsck finds nothing', async (t) => {
  const lacks = ext4FromContainer.lacks()
  if (lacks !== undefined) return t.skip(lacks)
  const options = { count: IMAGES, seed: 1, until: Date.now() + MOST_MS }
  const tally = await compareMany(ext4FromContainer, options)
  t.diagnostic(`${tally.images} images, ${tally.nodes} nodes compared`)
  assert.ok(tally.images > 0 && tally.nodes > 0)
  assert.deepEqual(tally.different, [])
})
