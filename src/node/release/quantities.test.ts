import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  parseBoolean,
  parseBytes,
  parseDuration,
  parseInteger,
  parseMode,
  parseNumber,
  parseSignal,
} from './quantities.ts'

test('sizes are powers of 1024, in each spelling', () => {
  assert.deepEqual(
    ['64m', '64M', '64mb', '64MiB', '1g', '1.5k', 512, '512', '512b', '0'].map((text) => parseBytes(text)),
    [67108864, 67108864, 67108864, 67108864, 1073741824, 1536, 512, 512, 512, 0],
  )
  for (const text of ['', 'm', '-1', '1x', '1 2', '99999999t', 'bb', '1bb'])
    assert.equal(parseBytes(text), undefined, text)
})

test('durations need a unit', () => {
  assert.deepEqual(
    ['10s', '1m30s', '500ms', '1h', '1.5s'].map((text) => parseDuration(text)),
    [10_000, 90_000, 500, 3_600_000, 1500],
  )
  for (const value of ['10', 10, '', 's', '-1s']) assert.equal(parseDuration(value), undefined, String(value))
})

test('signals have one name', () => {
  assert.deepEqual(
    ['SIGTERM', 'term', '15', 15, 'SIGRTMIN+3', 'hup'].map((value) => parseSignal(value)),
    ['SIGTERM', 'SIGTERM', 'SIGTERM', 'SIGTERM', 'SIGRTMIN+3', 'SIGHUP'],
  )
  for (const value of ['SIGNOTHING', '99', '', 'SIG']) assert.equal(parseSignal(value), undefined, value)
})

test('modes are octal', () => {
  assert.deepEqual(
    ['0755', '755', '0o755', '0'].map((value) => parseMode(value)),
    [0o755, 0o755, 0o755, 0],
  )
  for (const value of ['0888', 'rwx', '77777', '']) assert.equal(parseMode(value), undefined, value)
})

test('truths and numbers may be what a variable left of them', () => {
  assert.deepEqual(
    [true, 'true', 'YES', 'on', '1', false, 'no', 'maybe', ''].map((value) => parseBoolean(value)),
    [true, true, true, true, true, false, false, undefined, undefined],
  )
  assert.deepEqual(
    ['1.5', 2, '-3', '1e3', ''].map((value) => parseNumber(value)),
    [1.5, 2, -3, undefined, undefined],
  )
  assert.equal(parseInteger('1.5'), undefined)
})
