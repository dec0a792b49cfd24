import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareMany } from '../../differential/compare-many.ts'
import { qcow2 } from '../../differential/qcow2/index.ts'

const IMAGES = 60
const MOST_MS = 30_000

test('qcow2 reads as qemu-img reads it, on generated images', async (t) => {
  const lacks = qcow2.lacks()
  if (lacks !== undefined) return t.skip(lacks)
  const tally = await compareMany(qcow2, { count: IMAGES, seed: 1, until: Date.now() + MOST_MS })
  t.diagnostic(`${tally.images} images compared`)
  assert.ok(tally.images > 0)
  assert.deepEqual(tally.different, [])
})
