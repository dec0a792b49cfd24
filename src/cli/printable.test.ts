import assert from 'node:assert/strict'
import { test } from 'node:test'
import { printableLines, printableName } from './printable.ts'

test('a name cannot give orders to a terminal, nor pass for two', () => {
  assert.equal(
    printableName('a\nb\tc\u001B]0;title\u0007\u009B2J\u007F'),
    'a\\nb\\tc\\x1b]0;title\\x07\\x9b2J\\x7f',
  )
  assert.equal(printableName('Zürich 東京'), 'Zürich 東京')
})

test('lines keep their ends, their tabs and the colours of this program, and nothing else', () => {
  const red = '\u001B[31merror\u001B[0m:\tx\n'
  assert.equal(printableLines(red), red)
  assert.equal(printableLines('a\u001B[2Jb\rc\u001B[31;5md'), 'a\\x1b[2Jb\\x0dc\\x1b[31;5md')
})
