import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import { decodeBootArguments } from './boot-file.ts'

const FIXTURE = join(import.meta.dirname, '../fixtures/e6479d3/boot.json')

test('the boot.json of an earlier version gives its arguments', () => {
  assert.deepEqual(
    decodeBootArguments(readFileSync(FIXTURE, 'utf8')).map(({ text }) => text),
    ['root=UUID=11111111-2222-3333-4444-555555555555', 'ro', 'console=ttyS0'],
  )
})

test('members that are not known are ignored', () => {
  const boot = { arguments: [{ text: 'ro', source: 'a', later: 1 }], later: 2 }
  assert.equal(decodeBootArguments(JSON.stringify({ schema: 'anneal.boot/1', boot, later: 3 })).length, 1)
})

test('an error says what is wrong, and where', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['', /Unexpected end/],
    ['[]', /the document is a list, expected an object/],
    ['null', /the document is null, expected an object/],
    ['{}', /\/schema is missing/],
    ['{"schema":"anneal.boot/2"}', /\/schema is "anneal.boot\/2", expected "anneal.boot\/1"/],
    ['{"schema":"anneal.boot/1","boot":{}}', /\/boot\/arguments is missing/],
    ['{"schema":"anneal.boot/1","boot":{"arguments":[1]}}', /\/boot\/arguments\/0 is 1, expected an object/],
    [
      '{"schema":"anneal.boot/1","boot":{"arguments":[{"text":"ro","source":null}]}}',
      /\/boot\/arguments\/0\/source is null, expected a string/,
    ],
  ]
  for (const [text, why] of cases) {
    assert.throws(
      () => decodeBootArguments(text),
      (error) => isAnnealError(error, 'DOCUMENT_INVALID') && why.test(error.message),
      text,
    )
  }
})
