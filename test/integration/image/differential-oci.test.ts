import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareMany } from '../../differential/compare-many.ts'
import { oci } from '../../differential/oci/index.ts'

const IMAGES = 40
const MOST_MS = 15_000

test('a container image has the tree that umoci unpacks, on generated layers', async (t) => {
  const lacks = oci.lacks()
  if (lacks !== undefined) return t.skip(lacks)
  const tally = await compareMany(oci, { count: IMAGES, seed: 1, until: Date.now() + MOST_MS })
  t.diagnostic(`${tally.images} images, ${tally.nodes} nodes compared`)
  assert.ok(tally.images > 0 && tally.nodes > 0)
  assert.deepEqual(tally.different, [])
})
