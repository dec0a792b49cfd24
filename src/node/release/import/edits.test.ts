import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applyEdits, valueAt } from './edits.ts'
import type { Edit } from './edits.ts'

const apply = (...edits: Edit[]): unknown => applyEdits({ a: { b: [1, { c: 2 }], d: 'x' } }, edits)

test('values are set, also where nothing was, and deleted, also from lists', () => {
  assert.deepEqual(apply({ op: 'set', path: ['a', 'b', 1, 'c'], value: 3 }), {
    a: { b: [1, { c: 3 }], d: 'x' },
  })
  assert.deepEqual(apply({ op: 'set', path: ['n', 'm'], value: 1 }), {
    a: { b: [1, { c: 2 }], d: 'x' },
    n: { m: 1 },
  })
  assert.deepEqual(apply({ op: 'delete', path: ['a', 'b', 0] }), { a: { b: [{ c: 2 }], d: 'x' } })
  assert.deepEqual(apply({ op: 'delete', path: ['a', 'b'] }), { a: { d: 'x' } })
  assert.deepEqual(apply({ op: 'delete', path: ['nowhere', 'x'] }), { a: { b: [1, { c: 2 }], d: 'x' } })
})

test('a renamed key keeps its place', () => {
  assert.equal(
    JSON.stringify(apply({ op: 'rename', path: ['a', 'b'], to: 'z' })),
    '{"a":{"z":[1,{"c":2}],"d":"x"}}',
  )
})

test('edits apply in order and leave the original alone', () => {
  const original = { a: 1 }
  const edits: Edit[] = [
    { op: 'rename', path: ['a'], to: 'b' },
    { op: 'set', path: ['b'], value: 2 },
  ]
  assert.deepEqual(applyEdits(original, edits), { b: 2 })
  assert.deepEqual(original, { a: 1 })
})

test('keys that every object inherits are not there', () => {
  assert.equal(valueAt({}, ['constructor']), undefined)
  assert.equal(valueAt({ a: 'text' }, ['a', 'length']), undefined)
})
