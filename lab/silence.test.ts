import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Silence } from './silence.ts'

test('a value that keeps changing is never over, a constant one is over after the limit', () => {
  let now = 0
  const silence = new Silence(
    100,
    () => now,
    () => 1,
  )
  for (const text of ['a', 'ab', 'abc']) {
    now += 99
    assert.equal(silence.over(text), false)
  }
  now += 101
  assert.equal(silence.over('abc'), true)
})

test('a busy machine gets more time', () => {
  let now = 0
  const silence = new Silence(
    100,
    () => now,
    () => 8,
  )
  assert.equal(silence.over('a'), false)
  now = 799
  assert.equal(silence.over('a'), false)
  now = 801
  assert.equal(silence.over('a'), true)
})
