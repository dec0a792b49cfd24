import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nearest } from './nearest.ts'

const FLAGS = ['format', 'files-from', 'firmware', 'conductor', 'state']

test('the nearest known word is the one that a mistyped word was meant to be', () => {
  assert.equal(nearest('conducter', FLAGS), 'conductor')
  assert.equal(nearest('fomrat', FLAGS), 'format')
  assert.equal(nearest('firmwre', FLAGS), 'firmware')
})

test('a word that begins one known word alone is meant to be that', () => {
  assert.equal(nearest('cond', FLAGS), 'conductor')
  assert.equal(nearest('files', FLAGS), 'files-from')
})

test('a word that is far from every known word is nothing', () => {
  assert.equal(nearest('verbose', FLAGS), undefined)
  assert.equal(nearest('x', FLAGS), undefined)
  assert.equal(nearest('', FLAGS), undefined)
  assert.equal(nearest('format', []), undefined)
})
