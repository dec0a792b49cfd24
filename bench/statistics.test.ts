import assert from 'node:assert/strict'
import { test } from 'node:test'
import { median, pairedRatio, worst } from './statistics.ts'

test('median, worst and the paired ratio', () => {
  assert.equal(median([3, 1, 2]), 2)
  assert.equal(median([4, 1, 2, 3]), 2.5)
  assert.equal(worst([1, 9, 3]), 9)
  assert.equal(pairedRatio([2, 20], [1, 40]), 1.25)
})
