import assert from 'node:assert/strict'
import { test } from 'node:test'
import { machineLoad } from './machine-load.ts'

test('a machine at rest takes no longer than it takes', () => {
  assert.equal(machineLoad('0.10 0.05 0.01 1/200 4711\n', 2), 1)
})

test('the load average and the running programs count equally, and the larger one decides', () => {
  assert.equal(machineLoad('31.00 9.00 3.00 2/900 4711\n', 2), 16)
  assert.equal(machineLoad('0.50 0.10 0.01 12/900 4711\n', 2), 6)
})
