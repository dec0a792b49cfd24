import assert from 'node:assert/strict'
import { test } from 'node:test'
import asked from './fixtures/versions.json' with { type: 'json' }
import { compareRpmVersions, compareUapiVersions } from './versions.ts'

test('versions are compared as rpm does', () => {
  const wrong = asked.filter(({ a, b, rpm }) => rpm !== null && Math.sign(compareRpmVersions(a, b)) !== rpm)
  assert.deepEqual(wrong, [])
})

test('versions are compared as systemd does', () => {
  const wrong = asked.filter(({ a, b, systemd }) => Math.sign(compareUapiVersions(a, b)) !== systemd)
  assert.deepEqual(wrong, [])
})

test('both orders are the same backwards', () => {
  for (const { a, b } of asked) {
    assert.equal(Math.sign(compareRpmVersions(a, b)), 0 - Math.sign(compareRpmVersions(b, a)), `${a} ${b}`)
    assert.equal(Math.sign(compareUapiVersions(a, b)), 0 - Math.sign(compareUapiVersions(b, a)), `${a} ${b}`)
  }
})
