import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { escapeDollars, interpolate } from './interpolate.ts'

const lookup = (name: string): string | undefined => ({ TAG: '1.2', EMPTY: '', SECRET: 'hunter2' })[name]
const of = (text: string): string => {
  const { text: out, errors } = interpolate(text, lookup)
  assert.deepEqual(errors, [])
  return out
}
const codes = (text: string): readonly string[] => interpolate(text, lookup).errors.map((error) => error.code)

test('variables are replaced in each spelling of the specification', () => {
  assert.equal(of('nova:$TAG'), 'nova:1.2')
  assert.equal(of('nova:${TAG}-x'), 'nova:1.2-x')
  assert.equal(of('${TAG:-other}'), '1.2')
  assert.equal(of('${EMPTY:-other}|${EMPTY-other}'), 'other|')
  assert.equal(of('${MISSING:-other}|${MISSING-other}'), 'other|other')
  assert.equal(of('${TAG:+set}|${EMPTY:+set}|${EMPTY+set}|${MISSING+set}'), 'set||set|')
  assert.equal(of('${TAG:?needed}'), '1.2')
})

test('defaults nest, and an unused default may name variables that are not set', () => {
  assert.equal(of('${MISSING:-${ALSO:-${TAG}}}'), '1.2')
  assert.equal(of('${TAG:-${MISSING}}'), '1.2')
})

test('two dollars are one', () => {
  assert.equal(of('$$TAG costs $$$$'), '$TAG costs $$')
})

test('a variable that is not set is an error that names it', () => {
  assert.deepEqual(codes('$MISSING and ${ALSO}'), ['VARIABLE_MISSING', 'VARIABLE_MISSING'])
  assert.deepEqual(codes('${MISSING:?say which}'), ['VARIABLE_REQUIRED'])
  assert.deepEqual(codes('${EMPTY:?say which}'), ['VARIABLE_REQUIRED'])
  const [error] = interpolate('${MISSING:?say which}', lookup).errors
  assert.match(error?.message ?? '', /"MISSING".*say which/)
})

test('the message after a question mark is not expanded, so no value reaches an error', () => {
  const [error] = interpolate('${MISSING:?${SECRET}}', lookup).errors
  assert.doesNotMatch(error?.message ?? '', /hunter2/)
})

for (const text of [
  '$',
  '${',
  '${}',
  '${TAG',
  '${TAG:',
  '${TAG:-x',
  '${1X}',
  '$-',
  '${TAG!x}',
  'a$ b',
  '$1',
]) {
  test(`"${text}" is reported as no variable, with its place`, () => {
    const [error] = interpolate(text, lookup).errors
    assert.equal(error?.code, 'INTERPOLATION_SYNTAX')
    assert.equal(error.data['column'], text.indexOf('$') + 1)
  })
}

test('nesting without end is refused', () => {
  assert.ok(codes('${A:-'.repeat(100) + '}'.repeat(100)).includes('INTERPOLATION_SYNTAX'))
})

test('a text that grows without bound is refused', () => {
  const big = interpolate('$X'.repeat(4), () => 'x'.repeat(600_000))
  assert.deepEqual(
    big.errors.map((error) => error.code),
    ['VALUE_TOO_LONG'],
  )
})

test('any text escaped comes back unchanged', () => {
  fc.assert(fc.property(fc.string(), (text) => of(escapeDollars(text)) === text))
})
